// Package compliance decides what consent allows: which inbound texts mean
// stop, start or help, and which outbound messages may go.
//
// The two decisions are one interface, [OptOutPolicy], and they are pure: the
// engine of package inbox reads the ledger, asks the policy, and writes the
// ledger. [Standard] is the policy that it uses unless a host supplies one.
// It recognises requests to stop in some thirty languages, lets nothing but one
// confirmation and answers to HELP go to a contact that has opted out, keeps
// WhatsApp's 24 hour window, and lets what sells go by the law where the contact is.
//
// # In plain words
//
// A customer writes, and you answer: that needs no more. It is a talk that they
// have begun, and for three months you may go on with it; on WhatsApp for a day, and
// then with a template.
//
// A customer says stop, in whatever words, to whichever of your numbers: you may
// tell them once, within five minutes, that you have understood, and nothing else,
// until they say START. It counts for SMS, MMS and RCS together, and for WhatsApp
// apart. What they say on the telephone, or what a provider or a list reports,
// counts as much.
//
// You want to tell them something about their order: say so, with the purpose
// [Transactional].
//
// You want to sell: that is [Marketing], and so is everything of which you don't say
// what it is and that answers nothing. You need to have a consent, and to be able to
// show it: what they were told, what they did, when. Record it with its [Strength]
// when you get it, or ask them with a question to which they answer YES. In the
// United States it has to be in writing. The text must say who you are and how to
// stop, in some countries more. It goes by day, where they are: so a policy has to
// know where that is, from the contact's record or from [Standard].Places. And in
// some countries a register has to be asked whether they want no advertising.
//
//	policy := compliance.Standard{Places: zones.Numbers()}
//
// They may stop less than everything: what sells alone, or one programme, a
// newsletter, say. That is the [Reach] of their word. A later word counts for what it
// is about; START gives back what stood before the STOP, and no more.
//
// A number may get a new owner: it is [Voided], and what was agreed to by the one
// before counts no more.
//
// Each message keeps what was decided about it last, and why, as a [Record]; each
// entry of the ledger has the words, the rule that read them, and the date of the
// table that the rule is from.
//
// # The ledger
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
// [NewJurisdictions] adds rows of a host's own. [Standard] decides by them about what
// sells, in all places where the contact may be. The table of them is in
// docs/jurisdictions.md.
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
