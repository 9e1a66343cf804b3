import { browserName, detectOS } from "detect-browser";

/** Of longer user agents only the beginning is read: the library's patterns are slow on long texts. */
const longest = 500;

/** Names of browsers in the library, and as people know them. */
const browsers: Record<string, string> = {
  chrome: "Chrome",
  crios: "Chrome",
  "chromium-webview": "Chrome",
  edge: "Edge",
  "edge-chromium": "Edge",
  "edge-ios": "Edge",
  facebook: "Facebook",
  firefox: "Firefox",
  fxios: "Firefox",
  instagram: "Instagram",
  ios: "Safari",
  miui: "Mi Browser",
  opera: "Opera",
  "opera-mini": "Opera Mini",
  safari: "Safari",
  samsung: "Samsung Internet",
  silk: "Silk",
  yandexbrowser: "Yandex",
};

/** What is common in Korea, and the library takes for another browser. */
const korean: readonly [RegExp, string][] = [
  [/KAKAOTALK/, "KakaoTalk"],
  [/NAVER\(/, "NAVER"],
  [/Whale\//, "Whale"],
];

/** Returns the browser and the device of a user agent; empty if either is unknown. */
export function deviceOf(userAgent: string): string {
  const text = userAgent.slice(0, longest);
  const browser = korean.find(([pattern]) => pattern.test(text))?.[1] ??
    browsers[browserName(text) ?? ""];
  const system = /iPhone|iPad/.exec(text)?.[0] ??
    detectOS(text)?.replace("Mac OS", "Mac").replace(/^(Windows|Android) .*/, "$1");
  return browser && system ? `${browser} · ${system}` : "";
}
