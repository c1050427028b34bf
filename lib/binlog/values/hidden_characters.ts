/**
 * Characters of a text from elsewhere that no reader should get as they are: control characters,
 * which command a terminal, those that some take for the end of a line, and those that turn the
 * direction of text and hide what it says.
 */
export const HIDDEN_CHARACTERS = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
