import { describe, expect, it } from 'vitest';
import { brokenPasswordRules } from './password.ts';

const codesOf = (password: string): readonly string[] => brokenPasswordRules(password).map(({ code }) => code);

describe('a password', () => {
  it.each(['Aa3!aaaa', 'Correct horse 9', 'Ünïcode-7é', `A1!${'x'.repeat(69)}`, `A1!${'é'.repeat(34)}x`])('%j is good', (password) => {
    expect(codesOf(password)).toEqual([]);
  });

  it.each<[string, readonly string[]]>([
    ['', ['password_too_short', 'password_without_upper_case', 'password_without_digit', 'password_without_special']],
    ['Aa3!aaa', ['password_too_short']],
    // Four characters of two UTF-16 units each are four.
    ['A1!😀😀😀😀', ['password_too_short']],
    ['aa3!aaaa', ['password_without_upper_case']],
    ['Aaa!aaaa', ['password_without_digit']],
    ['Aa3aaaaa', ['password_without_special']],
    // A combining accent belongs to its letter.
    ['Aa3aaaae\u0301', ['password_without_special']],
    ['Aa3!aaaa\0', ['password_with_nul']],
    // 3 + 70 bytes; 3 + 35 × 2; 3 + 18 × 4.
    [`A1!${'x'.repeat(70)}`, ['password_too_long']],
    [`A1!${'é'.repeat(35)}`, ['password_too_long']],
    [`A1!${'😀'.repeat(18)}`, ['password_too_long']],
  ])('%j breaks %j', (password, codes) => {
    expect(codesOf(password)).toEqual(codes);
  });

  it('is not repeated by what is said of it', () => {
    expect(JSON.stringify(brokenPasswordRules('tiny'))).not.toContain('tiny');
  });
});
