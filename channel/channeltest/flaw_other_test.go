package channeltest

import (
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/teaminbox/teaminbox/channel"
)

func otherFlaws() []flaw {
	return []flaw{
		broken("has negative limits", func(a *acme) {
			a.limits = func() channel.Limits { return channel.Limits{MediaCount: -1} }
		}, "Limiter/Sane"),
		broken("has other limits each time", func(a *acme) {
			var n atomic.Int64
			a.limits = func() channel.Limits { return channel.Limits{BodyRunes: int(n.Add(1))} }
		}, "Limiter/Sane"),
		broken("blocks when asked for limits", func(a *acme) {
			a.limits = func() channel.Limits {
				timer := time.NewTimer(10 * time.Millisecond)
				defer timer.Stop()
				<-timer.C
				return channel.Limits{}
			}
		}, "Limiter/DoesNotBlock").hasty(),

		broken("lists the newest first", listing(func(all []channel.Inbound) []channel.Inbound {
			slices.Reverse(all)
			return all
		}), "Backfill/Order"),
		broken("lists a message twice", listing(func(all []channel.Inbound) []channel.Inbound { return append(all, all[0]) }), "Backfill/Order"),
		broken("lists messages under other ids", listing(func(all []channel.Inbound) []channel.Inbound {
			for i := range all {
				all[i].ProviderID = "backfill-" + all[i].ProviderID
			}
			return all
		}), "Backfill/Order"),
		broken("does not mark what is late", listing(func(all []channel.Inbound) []channel.Inbound {
			for i := range all {
				all[i].Late = false
			}
			return all
		}), "Backfill/Late"),
		broken("leaves out what came in at the moment itself", func(a *acme) {
			a.since = time.Time.After
		}, "Backfill/Since"),
		broken("goes on when yield fails", func(a *acme) { a.yielded = func(error) error { return nil } }, "Backfill/StopsAtError"),
		broken("hides why yield failed", func(a *acme) {
			a.yielded = func(err error) error { return errNoConnection }
		}, "Backfill/StopsAtError"),

		broken("guesses by the customer", func(a *acme) {
			a.reconcile = func(all []wireMessage, m channel.Outbound, err error) (channel.Receipt, bool, error) {
				for _, w := range all {
					if w.To == m.To {
						return channel.Receipt{ProviderID: w.ID, State: channel.DeliveryAccepted}, true, nil
					}
				}
				return channel.Receipt{}, false, err
			}
		}, "Reconcile/NotTaken"),
		broken("finds nothing", func(a *acme) {
			a.reconcile = func([]wireMessage, channel.Outbound, error) (channel.Receipt, bool, error) {
				return channel.Receipt{}, false, nil
			}
		}, "Reconcile/Taken", "Reconcile/ContextEnded"),

		broken("fetches from anywhere", func(a *acme) { a.hosts = func(*url.URL) bool { return true } },
			"FetchMedia/ForeignHost", "FetchMedia/Redirect"),
		broken("follows redirects anywhere", func(a *acme) {
			a.client.CheckRedirect = nil
		}, "FetchMedia/Redirect"),
		broken("reads media of any size", func(a *acme) { a.bound = false }, "FetchMedia/TooLarge"),
		broken("does not tell the type of media", func(a *acme) {
			a.contentType = func(string) string { return "application/octet-stream" }
		}, "FetchMedia/Content"),
	}
}

func listing(change func(all []channel.Inbound) []channel.Inbound) func(*acme) {
	return func(a *acme) { a.list = change }
}
