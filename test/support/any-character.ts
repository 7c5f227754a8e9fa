import fc from 'fast-check';

/**
 * Any character at all, as the unit of a text. fast-check's own, `binary`, walks over all of a million of them before it gives the
 * first, which was half of what a busy machine has for a test.
 */
export const anyCharacter = fc
  .oneof(fc.nat(0xd7_ff), fc.integer({ min: 0xe0_00, max: 0x10_ff_ff }))
  .map((code) => String.fromCodePoint(code));
