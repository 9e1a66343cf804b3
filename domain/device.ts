// @ts-ignore: version 1 of the package has no types
import UAParser from "ua-parser-js";

/** Browsers whose name in the parser is not the one that people know. */
const browsers: Record<string, string> = {
  "KAKAOTALK": "KakaoTalk",
  "Mobile Safari": "Safari",
  "Chrome WebView": "Chrome",
  "Chrome Headless": "Chrome",
  "Mobile Chrome": "Chrome",
  "Mobile Firefox": "Firefox",
};

/** Returns the browser and the device of a user agent; empty if either is unknown. */
export function deviceOf(userAgent: string): string {
  const { browser, os, device } = new UAParser(userAgent).getResult();
  const system = device.vendor === "Apple" && device.model && os.name !== "Mac OS"
    ? device.model
    : os.name?.replace("Mac OS", "Mac");
  if (!browser.name || !system) return "";
  return `${browsers[browser.name] ?? browser.name} · ${system}`;
}
