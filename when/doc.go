// Package when has the conditions of routing and of automatic replies: what a
// message says, who writes it, from where, to which of our numbers, and when.
//
// A [Condition] is asked about [Facts]. Those of this package compose:
//
//	urgent := when.All(when.Says("urgent", "emergency"), when.Not(when.Between("09:00", "17:00")))
//	french := when.Any(when.Language("fr"), when.Country("FR", "BE"))
//
// A host's own is a function:
//
//	vip := when.Func("in the CRM as VIP", func(f *when.Facts) bool { return f.Contact.Attributes["tier"] == "vip" })
//
// # As data
//
// What an administrator writes is an expression, which [Compile] makes a condition:
//
//	says("refund", "money back") && country in ["GB", "IE"] && !between("09:00", "17:30")
//
// The language is expr (https://expr-lang.org/docs/language-definition). Its operators
// are ==, !=, <, in, contains, startsWith, endsWith, matches (a regular expression of
// package regexp, which takes time in proportion to the text), && or and, || or or, !
// or not, and ?:. An expression is checked when it is compiled, names, types and
// regular expressions included; the error tells the column. It can do nothing but
// look at these:
//
//	text         string   what the customer wrote
//	media        int      how many files came with it
//	from         string   the customer's address, like +14155550123 or whatsapp:+14155550123
//	to           string   ours
//	channel      string   the channel's name
//	medium       string   "", "whatsapp", …: the part of from before the colon
//	country      string   ISO 3166-1: what is stated of the contact, else by the number
//	region       string   ISO 3166-2 where it is known, like US-NY, else the country
//	language     string   BCP 47 tag of the contact, or ""
//	name         string   of the contact, or ""
//	attributes   map      of the contact: attributes["tier"], or "" if there is none
//	profile      map      what the host's CRM says: profile.plan, or nil
//	inbox        string   the inbox's id
//	first        bool     the customer's first message in this inbox
//	reopened     bool     the message opened the conversation
//	hour, minute int      of the inbox's time zone
//	weekday      string   "Mon" to "Sun"
//	date         string   like "2026-11-25"
//
// and at these functions:
//
//	says(words, …)       the text has one of the words or phrases, whole, whatever their case and accents
//	between(from, until) the inbox's clock is in a time of day like "09:00", over midnight if from is later
//	on(days, …)          its weekday is one of "Mon" to "Sun", or of a range like "Mon-Fri"
//
// # What it costs
//
// Conditions are pure, do no I/O, and may be used from many goroutines at once. An
// expression has at most [LongestExpression] bytes, and is bounded in what it may
// compute; one that fails, since it compares what can't be compared, holds not and
// says why. Facts are for one goroutine.
package when
