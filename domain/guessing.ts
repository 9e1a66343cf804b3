/** How easily a password is guessed by somebody who tries common ones first. */
import commonPasswords from "./common_passwords.txt" with { type: "text" };

/** The bits of common passwords, at least 8: a second word is not free because it is a very common one. */
export type CommonWords = ReadonlyMap<string, number>;

const commonWords = read(commonPasswords);
const shortestWord = 4;
const longestWord = Math.max(...[...commonWords.keys()].map((word) => word.length));

/**
 * Reads what `tools/passwords.ts` writes: a block of words for each number of bits from 8, in which a line
 * begins with the number of characters that its word has in common with the word before.
 */
function read(text: string): CommonWords {
  const words = new Map<string, number>();
  for (const [n, block] of text.trim().split("\n\n").entries()) {
    let word = "";
    for (const line of block.split("\n")) {
      word = word.slice(0, Number(line[0])) + line.slice(1);
      words.set(word, 8 + n);
    }
  }
  return words;
}

/** Rows of a keyboard, shifted and not, along which fingers slide. */
const rows = "qwertyuiop asdfghjkl zxcvbnm 1234567890 !@#$%^&*()";

const isYear = /^(19|20)\d\d$/;

/** Usual replacements of letters. `1` and `!` stand for two letters each. */
const replacements = [
  { "@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t" },
  { "@": "a", "4": "a", "3": "e", "1": "l", "!": "l", "0": "o", "$": "s", "5": "s", "7": "t" },
] as Record<string, string>[];

/**
 * Estimates how many bits it takes to guess a password, as the sum over the cheapest way to take it apart:
 * common words, years, repetitions, sequences, single characters. The idea is zxcvbn's (Wheeler, USENIX
 * Security 2016), with a cost that grows only with the square of the length.
 * @param password folded, so that upper case adds nothing
 */
export function guessingBits(password: string, common = commonWords): number {
  const variants = [password, ...replacements.map((letters) => replaced(password, letters))];
  const least = [0];
  for (let end = 1; end <= password.length; end++) {
    let bits = least[end - 1]! + bitsOfCharacter(password, end - 1);
    for (let length = shortestWord; length <= Math.min(longestWord, end); length++) {
      for (const variant of variants) {
        const word = variant.slice(end - length, end);
        const bitsOfWord = isYear.test(word) ? 8 : common.get(word) ?? Infinity;
        bits = Math.min(bits, least[end - length]! + bitsOfWord);
      }
    }
    for (let length = 1; length <= end / 2; length++) {
      if (isRepeated(password, end, length)) bits = Math.min(bits, least[end - length]!);
    }
    least.push(bits);
  }
  return least.at(-1)!;
}

/** A neighbour of the character before costs little, and going on in the same direction nothing. */
function bitsOfCharacter(password: string, at: number): number {
  const step = stepAt(password, at);
  if (step !== 0) return step === stepAt(password, at - 1) ? 0 : 2;
  const character = password[at]!;
  if (/[a-z]/.test(character)) return 4.7; // log2 of 26
  return /[ -~]/.test(character) ? 3.3 : 8; // log2 of 10, for digits and the usual symbols
}

/** 1 or -1 where a character follows or precedes the one before, in the alphabet or on a keyboard; else 0. */
function stepAt(password: string, at: number): number {
  const [before, character] = [password[at - 1] ?? "", password[at] ?? ""];
  if (!/[!-~]/.test(before) || !/[!-~]/.test(character)) return 0;
  const inAlphabet = /[a-z0-9]/.test(before) && /[a-z0-9]/.test(character)
    ? character.charCodeAt(0) - before.charCodeAt(0)
    : 0;
  if (Math.abs(inAlphabet) === 1) return inAlphabet;
  if (!rows.includes(before) || !rows.includes(character)) return 0;
  const onKeyboard = rows.indexOf(character) - rows.indexOf(before);
  return Math.abs(onKeyboard) === 1 ? onKeyboard : 0;
}

/** Whether the last `length` characters before `end` repeat the ones before them. */
function isRepeated(password: string, end: number, length: number): boolean {
  return password.slice(end - length, end) === password.slice(end - 2 * length, end - length);
}

function replaced(password: string, letters: Record<string, string>): string {
  return password.replace(/[@431!0$57]/g, (character) => letters[character]!);
}
