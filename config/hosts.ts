/** Whether a host from configuration is this machine, or one on the public internet. */

/**
 * IPv4 ranges that no public host has: the IANA IPv4 Special-Purpose Address Registry (RFC 6890), and
 * multicast (RFC 5771).
 */
const specialIpv4 = [
  "0.0.0.0/8", // this network, RFC 791
  "10.0.0.0/8", // private use, RFC 1918
  "100.64.0.0/10", // shared address space, RFC 6598
  "127.0.0.0/8", // loopback, RFC 1122
  "169.254.0.0/16", // link-local, RFC 3927: cloud metadata services live here
  "172.16.0.0/12", // private use, RFC 1918
  "192.0.0.0/24", // IETF protocol assignments, RFC 6890
  "192.0.2.0/24", // documentation, RFC 5737
  "192.88.99.0/24", // 6to4 relay anycast, RFC 7526
  "192.168.0.0/16", // private use, RFC 1918
  "198.18.0.0/15", // benchmarking, RFC 2544
  "198.51.100.0/24", // documentation, RFC 5737
  "203.0.113.0/24", // documentation, RFC 5737
  "224.0.0.0/4", // multicast, RFC 5771
  "240.0.0.0/4", // reserved, RFC 1112, and limited broadcast
];

/** The only IPv6 range that public hosts have: IANA IPv6 Address Space (RFC 4291). */
const globalIpv6 = "2000::/3";

/** Ranges within it that none has: IANA IPv6 Special-Purpose Address Registry (RFC 6890). */
const specialIpv6 = [
  "2001::/23", // IETF protocol assignments, with Teredo, RFC 2928
  "2001:db8::/32", // documentation, RFC 3849
  "2002::/16", // 6to4: holds any IPv4 address, RFC 3056
  "3fff::/20", // documentation, RFC 9637
];

/**
 * Top-level names that are never in the public DNS: RFC 6761, RFC 6762 (appendix G), RFC 8375, ICANN's
 * `internal`, and the zones of Kubernetes (`svc`, and `cluster.local` under `local`).
 */
const privateZones = /\.(localhost|local|internal|intranet|private|corp|home|lan|svc|home\.arpa)$/;

/** @param hostname as `URL` gives it: in lower case, addresses in canonical form */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * Whether the host may be on the public internet, by its name or address. What a name resolves to is
 * not looked up.
 * @param hostname as `URL` gives it
 */
export function isPublic(hostname: string): boolean {
  if (hostname.startsWith("[")) {
    const address = hostname.slice(1, -1);
    return isIn(ipv6Bits(address), globalIpv6) &&
      !specialIpv6.some((range) => isIn(ipv6Bits(address), range));
  }
  if (/^\d+(\.\d+){3}$/.test(hostname)) {
    return !specialIpv4.some((range) => isIn(ipv4Bits(hostname), range));
  }
  const name = hostname.replace(/\.$/, "");
  return name.includes(".") && !privateZones.test(name);
}

function isIn(bits: string, range: string): boolean {
  const [network = "", length] = range.split("/");
  const networkBits = network.includes(":") ? ipv6Bits(network) : ipv4Bits(network);
  return bits.startsWith(networkBits.slice(0, Number(length)));
}

/** The address as 32 binary digits. */
function ipv4Bits(address: string): string {
  return address.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
}

/** The address as 128 binary digits. */
function ipv6Bits(address: string): string {
  const [head = [], tail] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const zeros = tail ? Array(8 - head.length - tail.length).fill("0") : [];
  return [...head, ...zeros, ...tail ?? []]
    .map((group) => parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}
