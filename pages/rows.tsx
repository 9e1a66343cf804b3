import type { Child } from "hono/jsx";

/** A group of settings rows under a heading. */
export function Group({ title, children }: { title?: string; children?: Child }) {
  return (
    <section class="group">
      {title && <h2>{title}</h2>}
      <ul class="rows">{children}</ul>
    </section>
  );
}

/**
 * A row of settings: a label and a value. With `href` all of it is a link, with a chevron.
 * @param quiet for a row that should not stand out
 */
export function Row({ label, href, quiet = false, children }: {
  label: string;
  href?: string;
  quiet?: boolean;
  children?: Child;
}) {
  const inside = (
    <>
      <span class="label">{label}</span>
      {children && <span class="value">{children}</span>}
    </>
  );
  return (
    <li class={quiet ? "quiet" : undefined}>
      {href ? <a class="row" href={href}>{inside}</a> : <div class="row">{inside}</div>}
    </li>
  );
}
