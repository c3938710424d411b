import Foundation
import NIOCore
import TestSupport
import Testing

@testable import WebAPI

/// The dashboard as it is served. What its scripts do is tested in a browser (`Tests/Browser`).
@Suite(.timeLimit(.minutes(5))) struct DashboardTests {
    private static let folder = checkout.appending(path: "Sources/WebAPI/Resources/dashboard")
    private static let pages = ["/", "/gallery", "/clips/42", "/statistics", "/system"]

    /// The files as they lie in the repository, by name.
    private func files() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: Self.folder.appending(path: $0))) })
    }

    private func field(_ name: String, _ response: String) -> String? {
        response.components(separatedBy: "\r\n").prefix { !$0.isEmpty }
            .first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    }

    @Test func everyFileOfTheFolderIsEmbedded() throws {
        let files = try files()
        #expect(files.mapValues(Array.init) == Dashboard.embedded)
    }

    @Test func allOfItIsSmall() throws {
        let dashboard = Dashboard.shared
        let answers = [dashboard.page] + dashboard.top.values + dashboard.files.values
        let bytes = answers.reduce(0) { $0 + ($1.compressed ?? $1.body).readableBytes }
        #expect(bytes <= 150_000)
        #expect(answers.count == Dashboard.embedded.count)
    }

    @Test func everyPageIsTheSameAndAllowsNothingInline() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let first = try await exchange(port, "GET", "/")
            for page in Self.pages {
                let answer = try await exchange(port, "GET", page + "?camera=video/front-door&anything=1")
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(page)")
                #expect(bodyOf(answer) == bodyOf(first), "\(page)")
                #expect(field("Content-Type", answer) == "text/html; charset=utf-8")
                #expect(field("Cache-Control", answer) == "no-cache")
                let policy = try #require(field("Content-Security-Policy", answer))
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
                #expect(policy.contains("require-trusted-types-for 'script'") && !policy.contains("unsafe"))
                #expect(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"))
            }
            #expect(try await exchange(port, "HEAD", "/gallery").hasPrefix("HTTP/1.1 200 "))
            let html = bodyOf(first)
            #expect(!html.contains("style=") && html.firstMatch(of: /<script>|\son[a-z]+=/) == nil)
        }
    }

    @Test func theFilesArePartOfAReleaseAndKeptForEver() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let html = bodyOf(try await exchange(port, "GET", "/"))
            let release = try #require(html.firstMatch(of: /data-release="([0-9a-z]{6,})"/)?.1)
            let types = [
                "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
                "png": "image/png",
            ]
            for (name, content) in try files() where types[(name as NSString).pathExtension] != nil {
                if name == "service-worker.js" { continue }
                let answer = try await exchange(port, "GET", "/app/\(release)/\(name)")
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(name)")
                #expect(field("Content-Type", answer) == types[(name as NSString).pathExtension], "\(name)")
                #expect(field("Cache-Control", answer) == "public, max-age=31536000, immutable", "\(name)")
                #expect(field("Content-Length", answer) == String(content.count), "\(name)")
                #expect(field("Vary", answer) == "Accept-Encoding")
            }
            for target in html.matches(of: /(?:href|src)="(\/app\/[^"]+|\/[a-z.-]+)"/).map(\.1) {
                #expect(try await exchange(port, "GET", String(target)).hasPrefix("HTTP/1.1 200 "), "\(target)")
            }
            for wrong in ["/app/older/main.js", "/app/\(release)/index.html", "/app/\(release)/..%2fopenapi.json"] {
                let answer = try await exchange(port, "GET", wrong)
                #expect(answer.hasPrefix("HTTP/1.1 404 ") && field("Cache-Control", answer) == "no-store", "\(wrong)")
            }
        }
    }

    @Test func thePageAsksForAllModulesAtOnce() throws {
        var imported: Set<String> = []
        var waiting = ["main.js"]
        while let name = waiting.popLast() {
            for match in try text(name).matches(of: /(?m)^(?:import|export)\b[^;]*?"\.\/([a-z.-]+)"/) {
                if imported.insert(String(match.1)).inserted { waiting.append(String(match.1)) }
            }
        }
        let named = try text("index.html").matches(of: /rel="modulepreload" href="\/app\/\{release\}\/([a-z.-]+)"/)
        #expect(imported.count > 20)
        #expect(named.map { String($0.1) }.sorted() == imported.sorted())
    }

    @Test func anotherContentIsAnotherRelease() {
        let one = Dashboard(files: ["index.html": Array("<p>{release}</p>".utf8), "a.js": [1]])
        let other = Dashboard(files: ["index.html": Array("<p>{release}</p>".utf8), "a.js": [2]])
        #expect(one.release != other.release)
        #expect(String(buffer: one.page.body) == "<p>\(one.release)</p>")
        #expect(Dashboard(files: ["b.js": [1], "a": []]).release != Dashboard(files: ["a": [], "a.js": [1]]).release)
    }

    @Test func whatMustLieAtTheTopDoes() async throws {
        try await withServer(FakeCameras()) { port, _ in
            let worker = try await exchange(port, "GET", "/service-worker.js")
            #expect(field("Content-Type", worker) == "text/javascript; charset=utf-8")
            #expect(field("Cache-Control", worker) == "no-cache")
            #expect(worker.contains("dashboard-\(Dashboard.shared.release)") && !worker.contains("{release}"))
            let manifest = try await exchange(port, "GET", "/manifest.webmanifest")
            #expect(field("Content-Type", manifest) == "application/manifest+json")
            for icon in try JSONValue(bodyOf(manifest))["icons"]?.elements ?? [] {
                let answer = try await exchange(port, "GET", try #require(icon["src"]?.string))
                #expect(answer.hasPrefix("HTTP/1.1 200 ") && field("Content-Type", answer) == icon["type"]?.string)
            }
            let former = try await exchange(port, "GET", "/recordings.html")
            #expect(former.hasPrefix("HTTP/1.1 308 ") && field("Location", former) == "/gallery")
            #expect(try await exchange(port, "GET", "/live").contains("src=\"/video/stream?path=video/front-door\""))
        }
    }

    @Test func unchangedIsNotSentAgain() async throws {
        try await withServer(FakeCameras()) { port, _ in
            for encoding in ["", "Accept-Encoding: gzip\r\n"] {
                let answer = try await exchange(port, "GET", "/", encoding)
                let tag = try #require(field("ETag", answer))
                let again = try await exchange(port, "GET", "/", encoding + "If-None-Match: \(tag)\r\n")
                #expect(again.hasPrefix("HTTP/1.1 304 ") && bodyOf(again).isEmpty)
                let other = encoding.isEmpty ? "Accept-Encoding: gzip\r\n" : ""
                let crossed = try await exchange(port, "GET", "/", other + "If-None-Match: \(tag)\r\n")
                #expect(crossed.hasPrefix("HTTP/1.1 200 "), "the forms have tags of their own")
            }
        }
    }

    @Test func theCompressedFormIsTheSame() async throws {
        try await withServer(FakeCameras(), origins: .only(["https://home.example"])) { port, _ in
            let target = "http://127.0.0.1:\(port)/app/\(Dashboard.shared.release)/gallery.js"
            let plain = try await onThread { try Program.run(["curl", "-s", target]) }
            let taken = try await onThread {
                try Program.run(["curl", "-s", "-i", "--compressed", target])
            }
            #expect(taken.hasSuffix(plain) && plain.contains("customElements.define"))
            #expect(field("Content-Encoding", taken) == "gzip" && field("Vary", taken) == "Accept-Encoding, Origin")
            #expect(try #require(Int(field("Content-Length", taken) ?? "")) < plain.utf8.count / 2)
        }
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP, br", true), ("br;q=1.0, gzip;q=0.5, *;q=0", true), ("*", true), ("x-gzip", true),
        ("", false), ("identity", false), ("gzip;q=0", false), ("gzip; q=0.0, *", false), ("*;q=0", false),
        ("gzipped", false),
    ]) func gzipIsSentToThoseWhoTakeIt(field: String, isTaken: Bool) {
        #expect(takesGzip(field) == isTaken)
        #expect(!takesGzip(nil))
    }

    @Test func whatDoesNotShrinkStaysPlain() throws {
        #expect(gzipped(ByteBuffer(bytes: [])) == nil)
        #expect(gzipped(ByteBuffer(bytes: (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 151) })) == nil)
        let zeros = try #require(gzipped(ByteBuffer(repeating: 0, count: 1 << 20)))
        #expect(zeros.readableBytes < 2000)
    }

    // MARK: The sources

    /// Every module that is imported is there, and every module there is imported.
    @Test func theModulesBelongTogether() throws {
        let scripts = try files().keys.filter { $0.hasSuffix(".js") }
        var wanted: Set = ["theme.js", "main.js", "service-worker.js"]
        for name in scripts {
            for match in try text(name).matches(of: /(?:from|import) "\.\/([a-z.-]+)"/) {
                wanted.insert(String(match.1))
            }
        }
        wanted.formUnion(scripts.filter { $0.hasPrefix("strings.") })
        #expect(wanted == Set(scripts))
    }

    /// A text becomes markup only through these.
    @Test func noTextBecomesMarkup() throws {
        for name in try files().keys where name.hasSuffix(".js") {
            let script = try text(name)
            for word in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser", "srcdoc",
            ] {
                #expect(!script.contains(word), "\(name) has \(word)")
            }
        }
    }

    private func keys(_ name: String) throws -> Set<String> {
        Set(try text(name).matches(of: /(?m)^  "([^"]+)":/).map { String($0.1) })
    }

    @Test func everyLanguageHasTheSameTexts() throws {
        let english = try keys("strings.en.js")
        #expect(english.count > 100)
        for name in try files().keys where name.hasPrefix("strings.") {
            let own = try keys(name).filter { !$0.hasPrefix("class.") }
            #expect(own == english, "\(name): \(own.symmetricDifference(english).sorted())")
            let holes = { (text: String) in text.matches(of: /\{[a-z]+\}/).map { String($0.0) }.sorted() }
            for key in own {
                let line = { (text: String) in
                    text.components(separatedBy: "\n").first { $0.hasPrefix("  \"\(key)\":") } ?? ""
                }
                let pair = (holes(line(try text(name))), holes(line(try text("strings.en.js"))))
                #expect(Set(pair.0) == Set(pair.1), "\(name) \(key)")
            }
        }
    }

    @Test func everyTextIsUsedAndEveryUsedOneIsThere() throws {
        let english = try keys("strings.en.js")
        let scripts = try files().keys.filter { $0.hasSuffix(".js") && !$0.hasPrefix("strings.") }.map(text).joined()
        for match in scripts.matches(of: /\bt\("([^"]+)"/) { #expect(english.contains(String(match.1)), "\(match.1)") }
        // Made of a group and a state, or listed to be looked up.
        let groups = Set(
            scripts.matches(of: /`([a-z]+)\.\$\{/).map { String($0.1) } + ["detector", "server", "camera", "recording"])
        for key in english {
            let group = key.prefix { $0 != "." }
            #expect(groups.contains(String(group)) || scripts.contains("\"\(key)\""), "\(key) is not used")
        }
    }
}
