package shop; func f() {
	g(open(`tea`))
}
