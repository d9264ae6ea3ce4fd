package gsm7_test

import (
	"fmt"

	"github.com/teaminbox/teaminbox/internal/gsm7"
)

func ExampleMeasure() {
	for _, text := range []string{
		"Your table is ready.",
		"That is 20 €.",
		"Your table is ready 👍",
	} {
		s := gsm7.Measure(text)
		fmt.Printf("%d segment, %d units of %v\n", s.Segments, s.Units, s.Encoding)
	}
	// Output:
	// 1 segment, 20 units of GSM-7
	// 1 segment, 14 units of GSM-7
	// 1 segment, 22 units of UCS-2
}
