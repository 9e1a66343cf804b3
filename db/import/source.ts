/** The operator's SELECT, as a table. */
export class Source {
  /** What follows FROM. */
  readonly from: string;
  readonly #words: ReadonlySet<string>;

  constructor(readonly text: string) {
    this.from = `(${text.replace(/;\s*(--[^\n]*\s*)*$/, "")}\n) AS source`;
    this.#words = new Set(text.toLowerCase().match(/\w+/g));
  }

  /** Whether the SELECT contains the name of a table or column. */
  names(name: string): boolean {
    return this.#words.has(name.toLowerCase());
  }
}
