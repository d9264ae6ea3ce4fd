package store

import "time"

// SearchQuery selects messages and notes by what is written in them.
//
// Text is what a person has typed; any text will do. A message is found if it
// has all of the words, in any order:
//
//   - A word of three characters or more also finds the words that begin with
//     it: "invoice" finds "invoices". Shorter ones find themselves.
//   - Words in quotation marks, straight or curly, are found side by side, in
//     their order, and each as it is. A mark without a partner does not count,
//     nor does one right after a letter or a digit begin anything: it stands for
//     inches, or in a Hebrew abbreviation. Words with punctuation but no space
//     between, like those of an e-mail address, are found side by side too.
//     There are no other operators, so that whatever was written is found by
//     itself.
//   - Words are the letters and digits between spaces, punctuation and symbols.
//     They are compared without case, accents and width: "Grüße", "GRÜSSE" and
//     "grusse" are alike. Umlauts may be written out: "gruesse" finds "Grüße",
//     and "Müller" finds "Mueller".
//   - Scripts without spaces between words (Han, kana, Hangul, Thai, Lao,
//     Khmer, Burmese) are found by any part.
//   - A number of 7 to 15 digits is found however its digits are grouped within
//     a line by spaces, hyphens, points, slashes and parentheses, beside other
//     numbers or not, and with or without zeros in front. A longer one is found
//     by its last digits, 7 or more, so that a telephone number is found without
//     its country code. One that is typed with its country code, after "+" or
//     "00", also finds the same without it. The zero of "+41 (0)79" does not
//     count.
//
// Not found are digits that are grouped by commas or apostrophes, such as
// 1,234,567 by 1234567; numbers with letters (an IBAN, a licence plate), and
// those of more than 15 digits as a whole, if they are grouped otherwise; emoji
// and other symbols; hiragana for katakana; an Arabic word without its article;
// the middle of a word.
//
// Package store/search does all of that for a Store that has an index of tokens.
// A Store may find other forms of the words too, but nothing less. The first 16
// kB of a message's text count (less if they are characters that stand for whole
// words), and of these some 4,000 ways to read digits as numbers; of what was typed the first 32 words. A text without words finds
// nothing.
//
// Inboxes, User and Teams are alternatives, as in a ConversationQuery: a message
// is found if its conversation is in one of the inboxes, or if the user or one
// of the teams takes part in it. If all three are empty, none is.
type SearchQuery struct {
	Account AccountID
	Text    string

	Inboxes   []InboxID
	User      UserID
	Teams     []TeamID
	Claimants []UserID  // in conversations claimed by one of these, "" being nobody; nil: by whoever
	Shared    []InboxID // whose conversations are found whoever has claimed them

	Inbox        InboxID        // only in this one; "": in any
	Conversation ConversationID // only in this one; 0: in any
	Since        time.Time      // only messages with CreatedAt at this time or later; any will do; zero: not given
	Until        time.Time      // only messages with CreatedAt before this time; any will do; zero: not given
	Before       MessageID      // only messages with a smaller ID; 0: from the newest
	Limit        int            // at most so many, 1 or more
}
