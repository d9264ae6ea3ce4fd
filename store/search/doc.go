// Package search holds what the implementations of a store share to find
// messages by their words: how a text is taken apart, what a person means by
// what they type, and how a page of hits is put together.
//
// A store keeps the [Tokens] of each text in an index of its own, and which
// [Version] they are of, and answers which messages have those that a [Query]
// needs: it is an [Index]. Tokens are plain: letters, digits and marks, in lower
// case and without accents, so that any index that takes texts apart at spaces
// will do, and all find the same. What an index of tokens can't tell, the order
// of words, is looked up in the text by [Query.Matches]; [Find] does both.
// [Query.Marks] tells whoever shows a message which parts of its text were found.
//
// # Which index
//
// It must find tokens of any length, all of them, and those that begin with one.
// SQLite's FTS5 and Postgres's tsvector do. MySQL's FULLTEXT does not: it leaves
// out words of less than three characters, and its stop words. Where there is
// none, a table of tokens and messages is as good; the example is one.
//
// # What is alike
//
// Texts are compared by their compatibility decomposition (Unicode Standard
// Annex #15), without case, accents, vowel points and characters that can't be
// seen: "Grüße", "GRÜSSE" and "grusse" are the same, and so are "Łódź" and
// "lodz". Digits of all scripts are the same.
//
// In German, ä, ö and ü may be written as ae, oe and ue, in what is typed or in
// the text. An index knows nothing of that: both are looked for.
//
// Words are what stands between spaces, punctuation and symbols. In scripts that
// put no spaces between words (Han, kana, Hangul, Thai, Lao, Khmer and Burmese)
// every two neighbouring characters are a token, so that any part of a text is
// found.
//
// The digits of a number of seven or more are a token however they are grouped,
// and so is every end of it that is as long, so that a telephone number is found
// without its country code. One with its country code, after a plus sign or two
// zeros, is looked for without it, too. Groups that follow each other may be one
// number or several.
package search
