/** The operator's SELECT, for use as a table. */
export class Source {
  /** SQL to put after FROM. */
  readonly from: string;
  readonly #words: ReadonlySet<string>;

  constructor(readonly text: string) {
    this.from = `(${text.replace(/;\s*(--[^\n]*\s*)*$/, "")}\n) AS source`;
    this.#words = new Set(text.toLowerCase().match(/\w+/g));
  }

  /** Returns whether the SELECT contains the name of a table or column. */
  names(name: string): boolean {
    return this.#words.has(name.toLowerCase());
  }
}
