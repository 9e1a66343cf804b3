/** Returns a `fetch` that keeps cookies in memory. It is for one service only, because it ignores domains. */
export function withCookies(): typeof fetch {
  const cookies = new Map<string, string>();
  return async (input, init) => {
    const request = new Request(input, init);
    const held = [...cookies].map(([name, value]) => `${name}=${value}`);
    if (held.length > 0) request.headers.set("Cookie", held.join("; "));
    const response = await fetch(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
      if (/;\s*max-age=0/i.test(cookie)) cookies.delete(name!);
      else cookies.set(name!, value!);
    }
    return response;
  };
}
