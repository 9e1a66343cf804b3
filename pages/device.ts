/** What people know of a user agent, its browser and system. As it was sent, where it names neither. */
export function deviceOf(userAgent: string): string {
  const system = /iPhone|iPad|Android|Windows|Mac|(?<!\()Linux/.exec(userAgent);
  const browser = /Edg|Firefox|FxiOS|CriOS/.exec(userAgent) ?? /Chrome|Safari/.exec(userAgent);
  return browser && system ? `${browser} · ${system}` : userAgent;
}
