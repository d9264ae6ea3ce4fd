// Package gsm7 counts the parts into which carriers divide a text message.
//
// A text whose characters are all in the GSM 7-bit default alphabet or its
// extension table (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1) is sent in
// septets: 160 in a message alone, 153 in each part of a longer one, since the
// header that joins parts takes the room of seven. A character of the
// extension table takes two septets. Any other text is sent as UCS-2, in which
// networks carry UTF-16: 70 code units alone, 67 in each part. A carrier
// divides no character: neither an escape and the septet after it, nor a
// surrogate pair, so parts may stay one unit short.
//
// National shift tables are not counted with, since providers don't use them.
package gsm7

// Encoding is how a text travels.
type Encoding uint8

// The encodings. An empty text counts as GSM7.
const (
	GSM7 Encoding = iota // units are septets
	UCS2                 // units are UTF-16 code units
)

// String returns the encoding's customary name, "GSM-7" or "UCS-2".
func (e Encoding) String() string {
	if e == UCS2 {
		return "UCS-2"
	}
	return "GSM-7"
}

// alone and joined are how many units fit into a message by itself and into
// one part of a longer one.
func (e Encoding) alone() int {
	if e == UCS2 {
		return 70
	}
	return 160
}

func (e Encoding) joined() int {
	if e == UCS2 {
		return 67
	}
	return 153
}

// Size is how much room a text takes.
type Size struct {
	Encoding Encoding
	Units    int // septets or UTF-16 code units, without the headers of parts
	Segments int // 0 for an empty text
}

// Measure returns the size of a text. Each byte that is not valid UTF-8 counts
// as U+FFFD. It allocates nothing.
func Measure(text string) Size {
	// Which encoding it will be shows at the end only, so both are counted.
	septets, units := parts{limit: GSM7.joined()}, parts{limit: UCS2.joined()}
	encoding := GSM7
	for _, r := range text {
		if n := septetsOf(r); n == 0 {
			encoding = UCS2
		} else {
			septets.add(n)
		}
		if r > 0xFFFF {
			units.add(2)
		} else {
			units.add(1)
		}
	}
	if encoding == UCS2 {
		return units.size(UCS2)
	}
	return septets.size(GSM7)
}

// parts fills parts with characters one after the other.
type parts struct {
	limit int // units in one part
	units int // in all parts
	full  int // parts that are closed
	used  int // units in the open part
}

func (p *parts) add(n int) {
	p.units += n
	if p.used+n > p.limit {
		p.full++
		p.used = 0
	}
	p.used += n
}

func (p *parts) size(e Encoding) Size {
	s := Size{Encoding: e, Units: p.units}
	switch {
	case p.units == 0:
	case p.units <= e.alone():
		s.Segments = 1
	default:
		s.Segments = p.full + 1
	}
	return s
}
