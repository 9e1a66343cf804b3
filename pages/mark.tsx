/** Annyeong's own letters: 안녕, drawn as lines. A service with a name of its own does not show them. */
export function Wordmark() {
  return (
    <svg class="letters" viewBox="0 0 92 44" role="img" aria-label="안녕" lang="ko">
      <circle cx="12" cy="12.5" r="7.5" />
      <path d="M29 4v19M29 13h7M9 29v9h25" />
      <path d="M52 5v14h11M80 4v21M71 10h9M71 17h9" />
      <circle cx="68" cy="33.5" r="6.5" />
    </svg>
  );
}

/**
 * Somebody at a door, who waves. The home page greets with it; the farewell shows its mirror image.
 * @param leaving mirrors the drawing
 */
export function Drawing({ leaving = false }: { leaving?: boolean }) {
  return (
    <svg
      class={leaving ? "drawing mirrored" : "drawing"}
      viewBox="0 0 240 150"
      width="240"
      height="150"
      aria-hidden="true"
      focusable="false"
    >
      <path class="fill-tint" d="M28 138V56a38 38 0 0 1 76 0v82z" />
      <path class="line" d="M28 138V56a38 38 0 0 1 76 0v82" />
      <circle class="fill-accent" cx="92" cy="92" r="3.5" />
      <path class="line soft" d="M8 138h224" />
      <path class="fill-accent" d="M128 138v-34a25 25 0 0 1 50 0v34z" />
      <path class="line accent" d="M132 104l-13 20" />
      <g class="wave">
        <path class="line accent" d="M173 100l19-25" />
        <circle class="fill-accent" cx="193" cy="73" r="5" />
      </g>
      <path class="line soft short" d="M205 58l6-6M209 71h9M193 54v-9" />
      <circle class="fill-card line" cx="153" cy="56" r="23" />
      <path class="line short" d="M145 60q8 8 16 0" />
      <circle class="fill-ink" cx="145" cy="52" r="2.6" />
      <circle class="fill-ink" cx="161" cy="52" r="2.6" />
    </svg>
  );
}

/** The seal of a certificate. */
export function Seal() {
  return (
    <svg class="seal" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <circle class="rim" cx="32" cy="32" r="29" />
      <circle class="ring" cx="32" cy="32" r="22" />
      <path class="tick" d="M21 33l8 8 15-17" />
    </svg>
  );
}
