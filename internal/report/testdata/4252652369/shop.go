package shop; func f() {
		open(`tea`)  // the line without the space around it
	go open(`tea`)
	s :=	`größe 日本茶`	; open(s) // tabs, and letters of two columns
	open(`long long long long long long long long long long long long long long long long long long long long long long long long long long long long long long `)
	_ = `far to the right far to the right far to the right far to the right far to the right far to the right far to the right far to the right `; open(`tea`) // and more and more and more and more and more and more and more and more and more and more 
	open(`[31mred[0m‮`)
	open(open(`tea`), open(`salt`))
	f(`tea`) // no caret, as open is not called
}
