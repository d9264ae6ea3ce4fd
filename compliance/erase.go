package compliance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/teaminbox/teaminbox/channel"
)

// MinPseudonymSecret is how many bytes a secret of [Pseudonym] has at least.
const MinPseudonymSecret = 32

// pseudonymPrefix begins the identity of a pseudonym. No telephone number, sender
// or id of a medium that the library knows is like it: those have no letters and a
// point before 64 hexadecimal digits.
const pseudonymPrefix = "erased."

// Pseudonym returns the key under which the ledger goes on knowing somebody whose
// data was erased: an HMAC-SHA-256 of the key with a secret of the host's, and with
// one of the account's that is made of it. The same number has the same pseudonym
// for as long as there is the secret, so that an opt-out still holds when it
// appears again; without the secret nobody can try out numbers, and accounts can't
// compare.
//
// n is 1 for those who were erased for the first time, 2 for those who wrote again
// and were erased again, and so on: each chain of entries has a key of its own, and
// they have nothing in common for whoever lacks the secret.
//
// The secret has [MinPseudonymSecret] bytes or more. It is not to be kept in the
// database, nor with its backups. A key that is a pseudonym has none.
func Pseudonym(secret []byte, k Key, n int) Key {
	account := hmac.New(sha256.New, secret)
	d := digester{account}
	d.text("teaminbox pseudonyms, 1")
	d.text(k.Account)
	person := hmac.New(sha256.New, account.Sum(nil))
	d = digester{person}
	d.text(string(k.Family))
	d.text(k.Identity)
	d.number(int64(n))
	k.Identity = pseudonymPrefix + hex.EncodeToString(person.Sum(nil))
	return k
}

// Pseudonymous reports whether a key is a [Pseudonym].
func (k Key) Pseudonymous() bool {
	digits, ok := strings.CutPrefix(k.Identity, pseudonymPrefix)
	if !ok || len(digits) != 2*sha256.Size {
		return false
	}
	for _, r := range digits {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}

// Address returns the address that stands for a pseudonym, in the family of the
// one that it stands in for, like "erased.6c1f…" and "whatsapp:erased.6c1f…". No
// channel carries anything to it.
func (k Key) Address() channel.Address {
	if k.Family == channel.Telephony {
		return channel.Address(k.Identity)
	}
	return channel.Address(string(k.Family) + ":" + k.Identity)
}

// IsErased reports whether an address stands for somebody whose data was erased.
func IsErased(a channel.Address) bool { return KeyOf("", a).Pseudonymous() }

// Erase returns an entry as it is once what is personal was erased, under the
// pseudonym of its key. Its hash stays the same, and its commitment gives nothing
// away, since the salt is gone.
func Erase(e Entry, pseudonym Key) Entry {
	e.Key = pseudonym
	e.Text, e.Disclosure, e.Evidence, e.Reason, e.Request, e.Link.Salt = "", "", "", "", "", ""
	return e
}

// erased reports whether nothing personal is left of an entry.
func (e *Entry) erased() bool {
	return e.Key.Pseudonymous() &&
		e.Text == "" && e.Disclosure == "" && e.Evidence == "" && e.Reason == "" && e.Request == "" && e.Link.Salt == ""
}
