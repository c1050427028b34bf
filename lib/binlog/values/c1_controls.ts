/** The control characters U+0080 to U+009F, which some character sets have where others have letters. */
export const C1_CONTROLS: string = String.fromCharCode(
  ...Array.from({ length: 32 }, (_, i) => 0x80 + i),
);
