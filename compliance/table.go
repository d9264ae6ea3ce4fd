package compliance

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// Table is what [Standard] recognises: keywords and phrases in many languages.
// It is made by [NewTable] and never changes.
type Table struct {
	version   string
	keywords  []Keyword
	words     map[string]*family // by the words of a keyword, see key
	emoji     map[rune]*family   // keywords that are one emoji
	phrases   phrases
	skeletons map[string]string // words that look alike, see skeleton
	typos     map[string]string // of the bare STOP
	near      []string          // long words that may have one letter wrong
}

// entry is a keyword with what is written of it.
type entry struct {
	*Keyword
	rule string
}

// family is the rows of one word.
type family struct {
	entries []entry
	plain   bool // all of them act, whatever the context
}

// TableConfig says how a host's table differs from the standard one.
type TableConfig struct {
	// Keywords are added. They may not contradict those that are there, and
	// there may be none for the words that can't be left out.
	Keywords []Keyword

	// Without names keywords that are left out, in all languages. Words that
	// the law or the carriers fix stay: those of [TierLaw], HELP, and Canada's
	// ARRET and AIDE.
	Without []string

	// Unsourced switches the words of [TierUnsourced] on. Without it those that
	// would act are ordinary words.
	Unsourced bool

	// Phrases are added, by language, in the form of the files in
	// tables/phrases.
	Phrases map[string]string

	// Version names what the host has changed, like 2026-12-01, in
	// [Table.Version] and so in the ledger. Defaults to "host" if there is a
	// change.
	Version string
}

//go:embed tables/phrases/*.txt
var phraseFiles embed.FS

// fixed are the words that a host cannot remove, see TableConfig.Without.
// Source for the French ones: Canadian Common Short Code Application
// Guidelines.
func fixed(k Keyword) bool {
	return k.Tier == TierLaw || k.Language == "fr" && (k.Word == "ARRET" || k.Word == "ARRÊT" || k.Word == "AIDE") ||
		k.Language == "en" && (k.Word == "HELP" || k.Word == "OPTOUT" || k.Word == "OPT-OUT")
}

// NewTable returns a table that differs from the standard one.
func NewTable(c TableConfig) (*Table, error) {
	keywords, version, err := parseKeywords(keywordsTSV)
	if err != nil {
		return nil, err
	}
	for _, word := range c.Without {
		left := keywords[:0:0]
		for _, k := range keywords {
			switch {
			case !strings.EqualFold(k.Word, word):
				left = append(left, k)
			case fixed(k):
				return nil, fmt.Errorf("compliance: the keyword %s can't be left out: %s", k.Word, k.Source)
			}
		}
		if len(left) == len(keywords) {
			return nil, fmt.Errorf("compliance: there is no keyword %q to leave out", word)
		}
		keywords = left
	}
	for _, k := range c.Keywords {
		for _, f := range keywords {
			if fixed(f) && key(f.Word) == key(k.Word) {
				return nil, fmt.Errorf("compliance: the keyword %s can't be changed: %s", k.Word, f.Source)
			}
		}
		if k.unsourced() && !c.Unsourced {
			return nil, fmt.Errorf("compliance: the keyword %s is of tier %s; give it a source and a better tier, or set TableConfig.Unsourced", k.Word, k.Tier)
		}
	}
	keywords = append(keywords, c.Keywords...)
	if err := CheckKeywords(keywords); err != nil {
		return nil, fmt.Errorf("compliance: %w", err)
	}
	if !c.Unsourced {
		keywords = slices.DeleteFunc(keywords, Keyword.unsourced)
	}
	switch {
	case c.Version != "":
		version += "+" + c.Version
	case len(c.Keywords)+len(c.Without)+len(c.Phrases) > 0 || c.Unsourced:
		version += "+host"
	}
	t := &Table{version: version, keywords: keywords, words: map[string]*family{}, emoji: map[rune]*family{}, skeletons: map[string]string{}, typos: map[string]string{}}
	t.phrases.begin()
	if err := t.addPhrases(c.Phrases); err != nil {
		return nil, fmt.Errorf("compliance: %w", err)
	}
	for i := range t.keywords {
		t.addKeyword(&t.keywords[i])
	}
	t.addSpellings()
	t.phrases.finish()
	return t, nil
}

// StandardTable returns the table as it comes.
func StandardTable() *Table { return standardTable() }

var standardTable = sync.OnceValue(func() *Table {
	t, err := NewTable(TableConfig{})
	if err != nil {
		panic(err) // the tables are part of the program, and a test has read them
	}
	return t
})

// Version returns the date of the table, like 2026-11-23, and what a host has
// made of it, like 2026-11-23+host.
func (t *Table) Version() string { return t.version }

// Keywords returns the keywords that are on, in the order of the table, and
// then the host's.
func (t *Table) Keywords() []Keyword { return slices.Clone(t.keywords) }

func (t *Table) addPhrases(more map[string]string) error {
	files, err := phraseFiles.ReadDir("tables/phrases")
	if err != nil {
		return err
	}
	type source struct{ language, text string }
	var sources []source
	for _, f := range files {
		text, err := phraseFiles.ReadFile(path.Join("tables/phrases", f.Name()))
		if err != nil {
			return err
		}
		sources = append(sources, source{strings.TrimSuffix(f.Name(), ".txt"), string(text)})
	}
	languages := make([]string, 0, len(more))
	for l := range more {
		languages = append(languages, l)
	}
	slices.Sort(languages)
	for _, l := range languages {
		sources = append(sources, source{l, more[l]})
	}
	for _, s := range sources {
		if err := newGrammar(s.language, &t.phrases).read(s.text); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) addKeyword(k *Keyword) {
	if k.Match == MatchOperator {
		return
	}
	e := entry{k, "keyword " + k.Word}
	if r, ok := emojiIn(k.Word); ok {
		f := t.emoji[r]
		if f == nil {
			f = new(family)
			t.emoji[r] = f
		}
		f.entries = append(f.entries, e)
		return
	}
	for _, spelling := range spellings(k) {
		name := key(spelling)
		if k.Match == MatchPhrase && k.Thread == "" {
			p := &phrase{effect: effectOpen, language: k.Language, text: k.Word, keyword: k}
			t.phrases.add(p, []step{{choices: []sequence{{{name}}}}}, e.rule)
		}
		f := t.words[name]
		if f == nil {
			f = &family{plain: true}
			t.words[name] = f
			t.phrases.about(name).family = f
		}
		if !slices.ContainsFunc(f.entries, func(had entry) bool { return had.Keyword == k }) {
			f.entries = append(f.entries, e)
			f.plain = f.plain && k.Kind == OptOut && k.Match == MatchExact && k.Danger == "low" && k.Region == "" && k.Thread == "" &&
				k.From.IsZero() && k.Until.IsZero()
		}
	}
}

// emojiIn returns the emoji that a keyword is, if it is one.
func emojiIn(word string) (r rune, ok bool) {
	s := takeSheet()
	defer returnSheet(s)
	s.begin()
	s.add(word)
	if len(s.words) > 0 || len(s.emoji) != 1 {
		return 0, false
	}
	return s.emoji[0], true
}

// spellings returns how a keyword may be written besides: without a hyphen,
// with ae for ä.
func spellings(k *Keyword) []string {
	all := []string{k.Word}
	switch k.Language {
	case "de":
		all = append(all, strings.NewReplacer("Ä", "AE", "Ö", "OE", "Ü", "UE").Replace(k.Word))
	case "da", "no":
		all = append(all, strings.NewReplacer("Å", "AA", "Ø", "OE").Replace(k.Word))
	}
	return all
}
