package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"testing"
)

// benchmarkForm is a customer's message as Twilio tells of it.
const benchmarkForm = "ToCountry=US&ToState=CA&SmsMessageSid=SM0123456789abcdef0123456789abcdef&NumMedia=0&ToCity=SAN+FRANCISCO&FromZip=94103" +
	"&SmsSid=SM0123456789abcdef0123456789abcdef&FromState=CA&SmsStatus=received&FromCity=SAN+FRANCISCO" +
	"&Body=Is+the+table+by+the+window+still+free+on+Tuesday+at+noon%3F&FromCountry=US&To=%2B14155550100&ToZip=94103&NumSegments=1" +
	"&MessageSid=SM0123456789abcdef0123456789abcdef&AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B14155550123&ApiVersion=2010-04-01"

func BenchmarkParseForm(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parseForm(benchmarkForm)
	}
}

func BenchmarkSignedText(b *testing.B) {
	f := parseForm(benchmarkForm)
	b.ReportAllocs()
	for b.Loop() {
		f.signedText()
	}
}

// BenchmarkSigned is the check of a signature alone: one that the first token
// fits, and one that none fits, for which every URL is tried.
func BenchmarkSigned(b *testing.B) {
	public, ok := parsePublicURL("https://inbox.example.com")
	if !ok {
		b.Fatal("the URL is refused")
	}
	const uri = "/webhooks/twilio"
	token := newSecret("0123456789abcdef0123456789abcdef")
	c := &Channel{public: public, tokens: []secret{token}}
	params := parseForm(benchmarkForm).signedText()
	mac := hmac.New(sha1.New, []byte(token.reveal()))
	_, _ = io.WriteString(mac, public.candidates(uri)[0]+params)
	right := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for name, signature := range map[string]string{"right": right, "wrong": "x" + right[1:]} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c.signed(signature, uri, params) != (signature == right) {
					b.Fatal("the check is wrong")
				}
			}
		})
	}
}
