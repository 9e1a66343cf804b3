/** Whether a host name from configuration is this machine, or on the public internet. */

export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Hosts of our own network, by name or by address: events must not become requests to our neighbours. */
export function isPrivate(fullName: string): boolean {
  const hostname = fullName.replace(/\.$/, "");
  return isLoopback(hostname) || !hostname.includes(".") ||
    /\.(local|localhost|internal|home\.arpa)$/.test(hostname) ||
    /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./
      .test(hostname);
}
