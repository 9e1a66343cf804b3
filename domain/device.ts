/** Returns the browser and the system of a user agent, by our own names for them; empty if either is unknown. */
export function deviceOf(userAgent: string): string {
  const system = /iPhone|iPad|Android|Windows|Mac|(?<!\()Linux/.exec(userAgent);
  const browser = /Edg|Firefox|FxiOS|CriOS/.exec(userAgent) ?? /Chrome|Safari/.exec(userAgent);
  return browser && system ? `${browser} · ${system}` : "";
}
