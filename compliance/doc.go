// Package compliance decides what consent allows: which inbound texts mean
// stop, start or help, and which outbound messages may go.
//
// The two decisions are one interface, [OptOutPolicy], and they are pure: the
// engine of package inbox reads the ledger, asks the policy, and writes the
// ledger. [Standard] is the policy that it uses unless a host supplies one.
// It recognises the customary keywords, lets nothing but one confirmation and
// answers to HELP go to a contact that has opted out, and keeps WhatsApp's 24
// hour window.
//
// The ledger is a list of [Entry] records that is only ever added to. What
// holds for a contact is folded from it by [Fold]. Each entry has a [Link] to the
// one before it, so that [Verify] finds out if somebody has changed the ledger
// afterwards.
//
// # What this is not
//
// This package is not legal advice. It keeps the common rules of carriers and
// of the law so that an honest sender does not break them by accident. Whether
// a campaign is lawful is for its sender to know.
package compliance
