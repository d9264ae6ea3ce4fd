package main

import (
	"context"
	"strings"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/compliance"
)

// recognising measures how long the standard policy takes to say what a text
// means: for what people write, and for the worst that fits into a long message.
func recognising() measurement {
	return measurement{
		name: "recogniser", about: "what the opt-out policy takes for a text", stores: []string{"postgres", "sqlite"},
		run: func(ctx context.Context, b *bench) error {
			figures := make(rounds)
			for range b.cfg.rounds {
				for _, kind := range []struct {
					name  string
					texts []string
				}{{"typical", typicalTexts}, {"worst", worstTexts()}} {
					if err := ctx.Err(); err != nil {
						return err
					}
					figures.add(kind.name, slowestText(kind.texts, b.cfg.length/time.Duration(len(kind.texts))))
				}
			}
			for _, kind := range []struct {
				name string
				most float64
			}{{"typical", 10}, {"worst", 400}} {
				b.report.value("recogniser."+kind.name, median(figures[kind.name]), "µs")
				b.report.ratio("recogniser."+kind.name+"/"+digits(kind.most)+"-µs", median(figures[kind.name])/kind.most, goal{most: 1})
			}
			return nil
		},
	}
}

var typicalTexts = []string{
	"STOP", "Hello, is my table ready for tonight at eight?", "ok thanks", "Könnten Sie mir bitte die Rechnung noch einmal zuschicken?", "¿A qué hora abren mañana?",
	"please stop sending the newsletter, but tell me when my order arrives", "予約の時間を変更したいのですが。", "👍", "Yes",
}

// worstTexts are as long as ten segments of an SMS.
func worstTexts() []string {
	const length = 1600
	var all []string
	for _, part := range []string{"Is my table ready? ", "stop ", "s t o p ", "予約の時間を変更したいのですが。", "🛑👍", "e\u0301\u0302\u0303", "ﷺ", "𝗦𝗧𝗢𝗣 "} {
		runes := []rune(strings.Repeat(part, length))[:length]
		all = append(all, string(runes))
	}
	return all
}

// slowestText returns what the slowest of some texts takes, in microseconds: each is
// read for some time.
func slowestText(texts []string, each time.Duration) float64 {
	most := 0.0
	for _, text := range texts {
		m := channel.Inbound{Text: text}
		n := 0
		begun := time.Now()
		for time.Since(begun) < each {
			for range 16 {
				compliance.Standard{}.Classify(m, compliance.Context{})
			}
			n += 16
		}
		most = max(most, float64(time.Since(begun).Nanoseconds())/1000/float64(n))
	}
	return most
}
