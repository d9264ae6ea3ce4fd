package compliance_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// labelled is a text and what it means.
type labelled struct {
	id, text, lang, reason string
	want                   compliance.Kind
	from                   channel.Address
	ctx                    compliance.Context
	policy                 compliance.Standard
}

// unsourced is a table with the words that are off by default.
var unsourced = func() *compliance.Table {
	t, err := compliance.NewTable(compliance.TableConfig{Unsourced: true})
	if err != nil {
		panic(err)
	}
	return t
}()

func kindNamed(t testing.TB, name string) compliance.Kind {
	for k := compliance.None; k <= compliance.Ambiguous; k++ {
		if k.String() == name {
			return k
		}
	}
	t.Fatalf("there is no kind %q", name)
	return 0
}

// readLabelled reads a file of labelled texts: id, text, label, language,
// context and reason. Texts have \n, \t and \uXXXX escaped; a context is
// opted_out, asked:what, thread:language, region:country, last:our last
// message, mms_subject, or unsourced (words that are off are on), with
// semicolons between.
func readLabelled(t testing.TB, file string) []labelled {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []labelled
	for n, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if n == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		cells := append(strings.Split(line, "\t"), "", "", "")
		l := labelled{id: cells[0], lang: cells[3], reason: cells[5], want: kindNamed(t, cells[2])}
		for rest := cells[1]; rest != ""; {
			var r rune
			if rest[0] != '\\' {
				r, rest = cutRune(rest)
			} else if r, _, rest, err = strconv.UnquoteChar(rest, 0); err != nil {
				t.Fatalf("%s, line %d: %v", file, n+1, err)
			}
			l.text += string(r)
		}
		for _, c := range strings.Split(cells[4], ";") {
			name, value, _ := strings.Cut(c, ":")
			switch name {
			case "opted_out":
				l.ctx.State = compliance.State{OptedOut: true, Entry: 1}
			case "asked":
				l.ctx.Asked = compliance.Question(value)
			case "thread":
				l.ctx.Language = value
			case "region":
				l.ctx.Region = value
			case "last":
				l.ctx.LastOutbound = value
			case "mms_subject":
				l.ctx.Subject, l.text = l.text, ""
			case "unsourced":
				l.policy.Table = unsourced
			case "":
			default:
				t.Fatalf("%s, line %d: there is no context %q", file, n+1, name)
			}
		}
		all = append(all, l)
	}
	return all
}

func cutRune(text string) (rune, string) {
	r, size := utf8.DecodeRuneInString(text)
	return r, text[size:]
}

func (l labelled) classify() compliance.Classification {
	return l.policy.Classify(channel.Inbound{Text: l.text, From: l.from}, l.ctx)
}

// score counts how texts of one language were read. Recall is how many opt-outs
// of those that there are were recognised, precision how many of those that
// were recognised are some.
type score struct {
	texts, right                int
	outs, found, halfFound      int // opt-outs, recognised, held for a person
	falseOuts, held, ordinaries int // read as an opt-out, or held, though ordinary
}

// recognise reads labelled texts, reports each that was read wrongly, and
// returns the score.
func recognise(t *testing.T, all []labelled) (total score, misses []string) {
	t.Helper()
	byLang := map[string]*score{}
	for _, l := range all {
		s := byLang[l.lang]
		if s == nil {
			s = new(score)
			byLang[l.lang] = s
		}
		got := l.classify()
		for _, s := range []*score{s, &total} {
			s.texts++
			if got.Kind == l.want {
				s.right++
			}
			if l.want == compliance.OptOut {
				s.outs++
				switch got.Kind {
				case compliance.OptOut:
					s.found++
				case compliance.Ambiguous:
					s.halfFound++
				default:
				}
				continue
			}
			if l.want != compliance.Ambiguous {
				s.ordinaries++
			}
			if got.Kind == compliance.OptOut {
				s.falseOuts++
			} else if got.Kind == compliance.Ambiguous && l.want != compliance.Ambiguous {
				s.held++
			}
		}
		if got.Kind != l.want {
			misses = append(misses, fmt.Sprintf("%s %s %q: %v by %q, want %v (%s)", l.id, l.lang, l.text, got.Kind, got.Rule, l.want, l.reason))
		}
	}
	t.Logf("%-5s %5s %5s %9s %6s %8s %11s %10s %9s", "lang", "texts", "right", "opt-outs", "held", "recall %", "precision %", "false outs", "held ord.")
	show := func(name string, s score) {
		t.Logf("%-5s %5d %5d %5d/%-3d %6d %8.1f %11.1f %10d %9d", name, s.texts, s.right, s.found, s.outs, s.halfFound,
			percent(s.found, s.outs), percent(s.found, s.found+s.falseOuts), s.falseOuts, s.held)
	}
	for _, lang := range slices.SortedFunc(maps.Keys(byLang), cmp.Compare) {
		show(lang, *byLang[lang])
	}
	show("all", total)
	return total, misses
}

// percent returns how many of all there are; of none, all are there.
func percent(n, all int) float64 {
	if all == 0 {
		return 100
	}
	return 100 * float64(n) / float64(all)
}

// What the recogniser must reach. With -v it tells how it does in each
// language. The texts of heldout.tsv were written without the tables, in five
// parts, and only then did the tables learn from them: h, g, f, e and d. Before
// that, 92, 91, 92, 90 and 96 of 100 opt-outs were recognised, and 2, 9, 3, 10
// and 3 of 100 others were taken for one; g and e were written to mislead. That
// says more of what is to be expected of other texts than what the test finds.
func TestRecognition(t *testing.T) {
	for _, c := range []struct {
		file   string
		recall float64 // of opt-outs
		right  float64 // of all texts
	}{
		{"testdata/sample.tsv", 1, 1},
		{"testdata/texts.tsv", 0.99, 0.99},
		{"testdata/heldout.tsv", 0.98, 0.98},
	} {
		t.Run(c.file, func(t *testing.T) {
			total, misses := recognise(t, readLabelled(t, c.file))
			for _, m := range misses {
				t.Log(m)
			}
			if recall := float64(total.found) / float64(total.outs); recall < c.recall {
				t.Errorf("%.3f of the opt-outs were recognised, want %.3f", recall, c.recall)
			}
			if right := float64(total.right) / float64(total.texts); right < c.right {
				t.Errorf("%.3f of the texts were read rightly, want %.3f", right, c.right)
			}
			if total.falseOuts > 0 {
				t.Errorf("%d texts were read as an opt-out and are none", total.falseOuts)
			}
		})
	}
}
