import Testing

@testable import Access

@Suite struct DigestTests {
    /// The examples of the standards: RFC 7616 section 3.9.1, RFC 2617 section 3.5, RFC 2069 section 2.4 (erratum 749).
    @Test(arguments: [
        (
            """
            username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, \
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, \
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, \
            response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", \
            opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
            """, "Circle of Life"
        ),
        (
            """
            username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5, \
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, \
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, \
            response="8ca523f5e9506fed4657c9700eebdbec"
            """, "Circle of Life"
        ),
        (
            """
            username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
            uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", \
            response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"
            """, "Circle Of Life"
        ),
        (
            """
            username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
            uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea"
            """, "CircleOfLife"
        ),
    ])
    func theExamplesOfTheStandardsAreRight(_ header: String, _ password: String) throws {
        let answer = try #require(Digest.Answer(header[...]))
        #expect(answer.isRight(password: password, method: "GET"))
        #expect(!answer.isRight(password: password + "x", method: "GET"))
        #expect(!answer.isRight(password: password, method: "POST"))
    }

    @Test func fieldsComeWithAndWithoutQuotesBlanksAndEscapes() {
        let fields = Digest.fields(
            of: #" username = "a \"b\" \\c" ,realm=plain , NONCE="x,y=z",,uri="u", uri="second", empty="", last=1,"#)
        #expect(
            fields == [
                "username": #"a "b" \c"#, "realm": "plain", "nonce": "x,y=z", "uri": "u", "empty": "", "last": "1",
            ])
        #expect(Digest.fields(of: #"a="never closed, b=c"#) == ["a": "never closed, b=c"])
        #expect(Digest.fields(of: "") == [:])
        #expect(Digest.fields(of: String(repeating: "a=b,", count: 1000)[...]).count == 1)
        let many = (0..<1000).map { "k\($0)=v" }.joined(separator: ",")
        #expect(Digest.fields(of: many[...]).count == 32)
    }

    @Test(arguments: [
        #"realm="r", nonce="n", uri="u", response="00""#, #"username="u", realm="r", nonce="n", uri="u""#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", algorithm=SHA-512-256"#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", algorithm=MD5-sess"#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", qop=auth-int, nc=00000001, cnonce="c""#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", qop=auth, cnonce="c""#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", qop=auth, nc=00000001"#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", qop=auth, nc=-1, cnonce="c""#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", qop=auth, nc=123456789, cnonce="c""#,
        #"username="u", realm="r", nonce="n", uri="u", response="00", qop=auth, nc=x, cnonce="c""#,
    ])
    func whatCannotBeCheckedIsNoAnswer(_ header: String) {
        #expect(Digest.Answer(header[...]) == nil)
    }

    @Test func equalTextsAreEqualAndNoOthers() {
        #expect(isEqualInConstantTime("secret", "secret"))
        #expect(isEqualInConstantTime("", ""))
        for other in ["", "s", "secre", "secret ", "secreT", "secretsecret", "Secret", "\0\0\0\0\0\0"] {
            #expect(!isEqualInConstantTime(other, "secret"), "\(other)")
            #expect(!isEqualInConstantTime("secret", other), "\(other)")
        }
    }

    @Test func countsOfANonceOnlyRise() {
        var counts = NonceCounts()
        func use(_ count: UInt32, _ nonce: String) -> Bool { counts.use(count, of: nonce) }
        #expect(use(1, "a"))
        #expect(!use(1, "a"))
        #expect(use(5, "a"))
        #expect(!use(4, "a"))
        #expect(use(1, "b"))
        #expect(!use(0, "c"))
        // As many again, and the first is still remembered; then it is not, and memory is bounded.
        for nonce in 0..<NonceCounts.capacity { _ = use(1, "\(nonce)") }
        #expect(!use(5, "a"))
    }
}
