import { encode } from "uqr";

/** A QR code (ISO/IEC 18004) of an address, dark on light in every colour scheme. */
export function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 2 });
  const path = data.map((row, y) => row.map((dark, x) => dark ? `M${x} ${y}h1v1h-1z` : "").join(""))
    .join("");
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label="QR"
      shape-rendering="crispEdges"
    >
      <path d={path} />
    </svg>
  );
}
