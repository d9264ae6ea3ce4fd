// Package compliance decides what consent allows: which inbound texts mean
// stop, start or help, and which outbound messages may go.
//
// The two decisions are one interface, [OptOutPolicy], and they are pure: the
// engine of package inbox reads the ledger, asks the policy, and writes the
// ledger. [Standard] is the policy that it uses unless a host supplies one.
// It recognises requests to stop in some thirty languages, lets nothing but one
// confirmation and answers to HELP go to a contact that has opted out, and
// keeps WhatsApp's 24 hour window.
//
// The ledger is a list of [Entry] records that is only ever added to. What
// holds for a contact is folded from it by [Fold]. Each entry has a [Link] to the
// one before it, so that [Verify] finds out if somebody has changed the ledger
// afterwards.
//
// A text of which a person could not tell whether it means stop holds ([Hold]):
// [Standard] lets only what a person writes in the talk go, until somebody has
// decided, and when nobody has by the deadline it counts as an opt-out. In the
// United States a request to stop has to be honoured within a reasonable time,
// at most ten business days (47 CFR 64.1200(a)(10)); a deadline is well inside.
//
// A contact's word that comes in another way, on the telephone, say, or in the list
// of a former provider, is a [Statement]; [StatementReader] reads them from CSV.
//
// # Recognising
//
// A text is an opt-out if a reasonable person reads it as one (47 CFR
// 64.1200(a)(10)), whether it is STOP, S.T.O.P., 𝗦𝗧𝗢𝗣 or "please take me off
// your list"; "stop by at five" and a quotation of our own instruction are
// none. Where a person could not tell, neither does the recogniser: the text
// is [Ambiguous]. What looks like a signature, or repeats a line of ours, says
// nothing, unless it is all that asks us to stop: who is told "Reply STOP to
// unsubscribe" may answer "STOP to unsubscribe".
//
// What it knows is data: keywords with their sources and the days on which
// they hold, and phrases by language. [NewTable] lets a host add to both. The
// rows are in tables/keywords.tsv, and the files of tables/phrases have one
// statement on a line:
//
//	class  stop  stop quit cease
//	common the a of to
//	out    {stop} ~ (texting|messaging) [me]
//	pass   not {stop}
//	noise  please
//
// A class names words; common are those that tell the language of a sentence,
// as a short phrase counts only in its own. The other statements are phrases.
// out asks us to stop; open does too, unless it is followed by a word that no
// request has, which may be what to stop, so that a person must read it; demand
// does even where another phrase passes; complaint, erase and narrow do, and a
// person should see why; hold and refuse are for a person, refuse only if we
// asked nothing; back asks us to write again; pass has the words of a request
// and is none; filler says nothing beside a keyword, and noise may stand
// anywhere. In a phrase stem* is
// a word that begins like that, {class} one of a class, (a|b) one of these,
// [a|b] one or none, ~ or ~3 up to one or three other words, ^ and $ the
// beginning and the end of a sentence, and a comma lets a phrase go on after
// one.
//
// Keywords that would act and have no source are off until a host switches
// them on; words that the law fixes can't be left out or changed. The ledger
// keeps the rule that matched and the version of its table, which is a date,
// and what the host calls its own part.
//
// Reading takes some microseconds, and a quarter of a millisecond for the
// worst text of 1,600 characters; what was made to take longer is left to a
// person. No list of phrases is complete: of texts that the tables had not
// learned from, 90 to 96 in 100 opt-outs were recognised, and 2 to 10 in 100
// others, many of them written to mislead, were taken for one. A message that
// is read as [None] still reaches people.
//
// # Jurisdictions
//
// [StandardJurisdictions] is what countries and states ask of a sender, as
// dated rows with their sources: [QuietHours], models of consent, terms.
// [NewJurisdictions] adds rows of a host's own. A policy of a host's own may
// decide by them; [Standard] does not.
//
// # Erasure
//
// Somebody who is erased is known by a [Pseudonym] from then on, so that an
// opt-out stands without the number. [Erase] takes the rest out of an entry; an
// entry of the kind [Erased] says when, by whom and why, and [Verify] takes
// entries without their data for whole only before such a one.
//
// # What this is not
//
// This package is not legal advice. It keeps the common rules of carriers and
// of the law so that an honest sender does not break them by accident. Whether
// a campaign is lawful is for its sender to know.
package compliance
