/** What people know of a user agent: browser and system. As it was sent, where it names neither. */
export function deviceOf(userAgent: string): string {
  // Most claim to be Chrome and Safari as well, and what runs on Android says Linux first.
  const browser = /Whale|Samsung|Edg|Opera|Firefox|FxiOS|CriOS/.exec(userAgent) ??
    /Chrome|Safari/.exec(userAgent);
  const system = /iPhone|iPad|Android|Windows|Mac|(?<!\()Linux/.exec(userAgent);
  return browser && system ? `${browser} · ${system}` : userAgent || "?";
}
