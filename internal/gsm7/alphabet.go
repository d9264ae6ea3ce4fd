package gsm7

// The GSM 7-bit default alphabet in the order of its codes, without the escape
// at 0x1B, and the extension table. Source: 3GPP TS 23.038, sections 6.2.1 and
// 6.2.1.1.
const (
	defaultAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ" +
		" !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
		"¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extensionTable = "\f^{}\\[~]|€"
)

// highest is the last code point that the table below covers: the alphabet
// ends with Greek, and the euro sign is looked at by itself.
const highest = 'Ω'

// widths holds the septets of each code point, 0 for those that have none. It
// is written once, before anything can read it.
var widths = func() (table [highest + 1]uint8) {
	for _, r := range defaultAlphabet {
		table[r] = 1
	}
	for _, r := range extensionTable {
		if r <= highest {
			table[r] = 2
		}
	}
	return table
}()

// septetsOf returns how many septets a character takes, 0 if it has none.
func septetsOf(r rune) int {
	if r <= highest {
		return int(widths[r])
	}
	if r == '€' {
		return 2
	}
	return 0
}
