// Package search holds what the implementations of a store share to find
// messages by their words: how a text is taken apart, what a person means by
// what they type, and how a page of hits is put together.
//
// A store keeps the [Tokens] of each text in an index of its own and answers
// which messages have those that a [Query] needs. Tokens are plain: letters,
// digits and marks, in lower case and without accents, so that any index that
// takes texts apart at spaces will do, and all find the same. What an index of
// tokens can't tell, the order of words, is looked up in the text by
// [Query.Matches]; [Find] does both. [Query.Marks] tells whoever shows a message
// which parts of its text were found.
//
// # What is alike
//
// Texts are compared by their compatibility decomposition (Unicode Standard
// Annex #15), without case, accents, vowel points and characters that can't be
// seen: "Grüße", "GRÜSSE" and "grusse" are the same, and so are "Łódź" and
// "lodz". Digits of all scripts are the same.
//
// Words are what stands between spaces, punctuation and symbols. In scripts that
// put no spaces between words (Han, kana, Hangul, Thai, Lao, Khmer and Burmese)
// every two neighbouring characters are a token, so that any part of a text is
// found.
//
// The digits of a number of seven or more are a token however they are grouped,
// and so is every end of it that is as long, so that a telephone number is found
// without its country code.
package search
