package channeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/teaminbox/teaminbox/channel"
)

func sendFlaws() []flaw {
	return []flaw{
		broken("changes its name after a send", func(a *acme) {
			var sends atomic.Int64
			a.prepare = func(*channel.Outbound) { sends.Add(1) }
			a.name = func() string { return fmt.Sprint("acme", sends.Load()) }
		}, "Name/Constant"),
		broken("has no name", func(a *acme) { a.name = func() string { return "" } }, "Name/Constant"),

		broken("returns no provider id", func(a *acme) {
			a.receive = func(_ channel.Outbound, r *channel.Receipt) { r.ProviderID = "" }
		}, "Send/Receipt"),
		broken("returns no state", func(a *acme) {
			a.receive = func(_ channel.Outbound, r *channel.Receipt) { r.State = channel.DeliveryUnknown }
		}, "Send/Receipt"),
		broken("returns the receipt of another message", func(a *acme) {
			var mu sync.Mutex
			known := map[int]channel.Receipt{}
			a.receive = func(m channel.Outbound, r *channel.Receipt) {
				mu.Lock()
				defer mu.Unlock()
				if first, ok := known[len(m.Text)]; ok {
					*r = first
				}
				known[len(m.Text)] = *r
			}
		}, "Send/Concurrent", "Send/SameTextTwice"),
		broken("trims texts", func(a *acme) {
			a.prepare = func(m *channel.Outbound) { m.Text = strings.ReplaceAll(m.Text, "\n", " ") }
		}, "Send/Text"),
		broken("escapes texts", func(a *acme) {
			a.prepare = func(m *channel.Outbound) { m.Text = strings.ReplaceAll(m.Text, "&", "&amp;") }
		}, "Send/Text"),
		broken("confuses the addresses", func(a *acme) {
			a.prepare = func(m *channel.Outbound) { m.From, m.To = m.To, m.From }
		}, "Send/Text"),
		broken("drops media", func(a *acme) { a.prepare = func(m *channel.Outbound) { m.Media = nil } }, "Send/Media"),
		broken("drops the variables of templates", func(a *acme) {
			a.prepare = func(m *channel.Outbound) {
				if m.Template != nil {
					m.Template = &channel.Template{ID: m.Template.ID}
				}
			}
		}, "Send/Template"),
		broken("does not send our id", func(a *acme) { a.prepare = func(m *channel.Outbound) { m.ID = "" } },
			"Send/MessageID", "Reconcile/Taken"),
		broken("takes our id for a floating-point number", func(a *acme) {
			a.prepare = func(m *channel.Outbound) {
				var f float64
				if n, err := fmt.Sscan(m.ID, &f); n == 1 && err == nil {
					m.ID = fmt.Sprintf("%.0f", f)
				}
			}
		}, "Send/MessageID"),
		broken("retries by itself", func(a *acme) { a.tries = 2 }, "Send/NotRetried"),
		broken("changes the Outbound's media", func(a *acme) {
			a.prepare = func(m *channel.Outbound) {
				for i := range m.Media {
					m.Media[i].Name = "attachment"
				}
			}
		}, "Send/OutboundUnchanged"),
		broken("changes the Outbound's template", func(a *acme) {
			a.prepare = func(m *channel.Outbound) {
				if m.Template != nil {
					m.Template.Variables["from"] = string(m.From)
				}
			}
		}, "Send/OutboundUnchanged"),
		broken("keeps templates", func(a *acme) {
			var known *channel.Template
			a.prepare = func(m *channel.Outbound) {
				if known == nil && m.Template != nil {
					known = &channel.Template{ID: m.Template.ID, Variables: map[string]string{}}
					for k, v := range m.Template.Variables {
						known.Variables[k] = v
					}
				}
				if m.Template != nil {
					m.Template = known
				}
			}
		}, "Send/KeepsNothing"),
		broken("ignores its context", func(a *acme) {
			a.context = context.WithoutCancel
		}, "Outcome/Hang", "Send/ContextAlreadyEnded", "Backfill/ContextEnded", "FetchMedia/ContextEnded").hasty(),
		broken("calls a send uncertain that never began", func(a *acme) {
			a.judge = uncertain(causeEnded)
		}, "Send/ContextAlreadyEnded"),

		broken("tells its token in errors", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.Err = fmt.Errorf("token %s was refused", a.token) }
		}, "Secrets/SendError"),
		broken("tells the customer's number in errors", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.Reason = "can't reach 14155550123" }
		}, "Secrets/SendError"),
		broken("tells the body in a cause deep down", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) {
				e.Err = quiet{errors.Join(errors.New("other"), fmt.Errorf("body=%s", strings.ReplaceAll(body, " ", "+")))}
			}
		}, "Secrets/SendError"),
		broken("is printed with its token", func(a *acme) {
			a.printed = func() string { return "acme " + a.token }
		}, "Secrets/Printed"),
	}
}

// quiet is an error that hides its cause's text.
type quiet struct{ cause error }

func (quiet) Error() string   { return "quiet" }
func (q quiet) Unwrap() error { return q.cause }

func (quiet) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("quiet")) }

// uncertain makes a failure uncertain.
func uncertain(of cause) func(cause, *channel.SendError) { return judged(of, channel.Uncertain) }

// judged gives the failures of one cause another outcome.
func judged(of cause, o channel.Outcome) func(cause, *channel.SendError) {
	return func(c cause, e *channel.SendError) {
		if c == of {
			e.Outcome = o
		}
	}
}

func outcomeFlaws() []flaw {
	return []flaw{
		broken("calls a refusal for good uncertain", func(a *acme) { a.judge = uncertain(causeRefused) }, "Outcome/Reject"),
		broken("has a refusal for good tried again", func(a *acme) { a.judge = judged(causeRefused, channel.NotSent) }, "Outcome/Reject", "Outcome/RejectOptOut"),
		broken("does not tell of opt-outs", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.Consent = channel.ConsentUnchanged }
		}, "Outcome/RejectOptOut", "Outcome/RejectMarketing"),
		broken("takes a stop of what sells for one of everything", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.Consent = min(e.Consent, channel.ConsentStopped) }
		}, "Outcome/RejectMarketing"),
		broken("takes every refusal for an opt-out", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.Consent = channel.ConsentStopped }
		}, "Outcome/Reject", "Outcome/RejectMarketing"),
		broken("gives up when there are too many requests", func(a *acme) {
			a.judge = judged(causeTooMany, channel.Rejected)
		}, "Outcome/TooManyRequests", "Outcome/RetryLater"),
		broken("does not tell how long to wait", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.RetryAfter = 0 }
		}, "Outcome/RetryLater"),
		broken("takes seconds for milliseconds", func(a *acme) {
			a.judge = func(_ cause, e *channel.SendError) { e.RetryAfter /= 1000 }
		}, "Outcome/RetryLater"),
		broken("has a server's error tried again", func(a *acme) { a.judge = judged(causeServer, channel.NotSent) }, "Outcome/ServerError"),
		broken("gives up at a server's error", func(a *acme) { a.judge = judged(causeServer, channel.Rejected) }, "Outcome/ServerError"),
		broken("believes a success that it can't read", func(a *acme) {
			a.unreadable = func() (channel.Receipt, error) {
				return channel.Receipt{ProviderID: "made up", State: channel.DeliveryAccepted}, nil
			}
		}, "Outcome/UnreadableSuccess"),
		broken("has an unreadable success tried again", func(a *acme) {
			a.judge = judged(causeUnreadable, channel.NotSent)
		}, "Outcome/UnreadableSuccess"),
		broken("has a broken connection tried again", func(a *acme) {
			a.judge = judged(causeBroken, channel.NotSent)
		}, "Outcome/ResetAfterWrite", "Outcome/Hang"),
		broken("calls a send uncertain that found no connection", func(a *acme) { a.judge = uncertain(causeDial) }, "Outcome/Unreachable"),
	}
}
