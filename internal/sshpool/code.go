package sshpool

import "regexp"

// codeWords are what questions for a one-time code say, in the languages of those who are asked. Words of ASCII stand alone: a
// "pin" is not part of "opinion".
const codeWords = `(?i)\b(?:code|codes|passcode|passcodes|token|tokencode|otp|totp|hotp|oath|pin|2fa|mfa|duo|securid|yubikey|` +
	`one[- ]?time|verification|authenticator|two[- ]?factor|second factor|2nd factor|multi[- ]?factor|challenge|response|` +
	`s/key|opie|digits|push|sms|einmal\w*|sicherheitscode|c[oó]digo|codice|jeton)\b|` +
	`ワンタイム|コード|トークン|認証番号|確認番号|暗証番号|二段階|二要素|验证码|驗證碼|动态|動態|令牌|인증|일회용|код`

// asksForCode reports whether a question, or the text above it, asks for what is good for one login only.
func asksForCode(text string) bool { return regexp.MustCompile(codeWords).MatchString(text) }

// withoutNames takes the user's and the host's names out of a question: they may hold any word.
func (l *login) withoutNames(text string) string {
	for _, name := range []string{l.a.host.HostName, l.a.host.Alias, l.a.host.User} {
		if name != "" {
			text = regexp.MustCompile(`(^|\W)`+regexp.QuoteMeta(name)+`($|\W)`).ReplaceAllString(text, "$1$2")
		}
	}
	return text
}

func (a *auth) isOneTime() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.oneTime
}
