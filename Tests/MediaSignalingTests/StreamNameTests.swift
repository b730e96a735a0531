import Testing

@testable import MediaSignaling

/// The names of streams, and lists of them.
struct StreamNameTests {
    private static let part = String(repeating: "a", count: 64)

    private func problem(_ text: String) -> StreamList.Problem? {
        do throws(StreamList.Problem) {
            _ = try StreamList(text)
            return nil
        } catch { return error }
    }

    @Test func namesHaveOneOrTwoParts() throws {
        for good in ["a", "aZ09_-", "a.b", "-._", "\(Self.part).\(Self.part)"] {
            #expect(StreamName(good)?.description == good)
        }
        for bad in [
            "", ".", "a.", ".a", "a..b", "a.b.c", "a.b.", "\(Self.part)a", "\(Self.part)a.b", "b.\(Self.part)a", "ä",
            "a b", "a%2Eb", "a/b", "a,b", "a\u{0}", "a.b\n", "e\u{301}", "a+1", "a#1",
        ] {
            #expect(StreamName(bad) == nil, "\(bad.debugDescription)")
        }
    }

    @Test func aStreamWithoutARoomIsOneOfItsOwn() throws {
        let rooms = try ["a", "a.x", "a.y", "b.x", "b"].map { try #require(StreamName($0)).room }
        #expect(rooms[1] == rooms[2])
        #expect(Set(rooms).count == 4)
    }

    @Test func listsAreOfOneRoom() throws {
        let names = (0..<33).map { "m.p\($0)" }
        #expect(try StreamList("m.p2,m.p0").names.map(\.description) == ["m.p2", "m.p0"])
        #expect(try StreamList("studio").summary == "studio")
        #expect(try StreamList("m.p2,m.p0,m.p1").summary == "m.p2+2")
        let most = names.prefix(32).joined(separator: ",")
        #expect(try StreamList(most).description == most)
        #expect(problem(names.joined(separator: ",")) == .tooMany)
        #expect(problem(String(repeating: ",", count: 1_000_000)) == .tooMany)
        for bad in ["", ",", "a,", ",a", "m.a,,m.b", "m.a, m.b", "m.a,m.b.c", "m.a;m.b"] {
            #expect(problem(bad) == .invalidName, "\(bad)")
        }
        let (a, b) = (try #require(StreamName("m.a")), try #require(StreamName("n.b")))
        #expect(problem("m.a,m.b,m.a") == .twice(a))
        #expect(problem("m.a,n.b") == .differentRooms(a, b))
        #expect(problem("m,m.a") != nil && problem("a,b") != nil)
    }

    /// Whatever comes, what is accepted keeps the rules and prints as it was written.
    @Test func anyTextIsReadOrRefused() throws {
        let pieces = Array("ab.,-_Z9").map(String.init) + ["m.", ",m.", "é", "%", "/", "\u{0}", "m.p1", Self.part]
        var random = SystemRandomNumberGenerator()
        var accepted = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let expected = text.wholeMatch(of: #/[A-Za-z0-9_\-]{1,64}(\.[A-Za-z0-9_\-]{1,64})?/#) != nil
            #expect((StreamName(text) != nil) == expected, "\(text.debugDescription)")
            guard let list = try? StreamList(text) else { continue }
            accepted += 1
            #expect(list.description == text)
            #expect((1...StreamList.maximumCount).contains(list.names.count))
            #expect(Set(list.names).count == list.names.count)
            #expect(Set(list.names.map(\.room)).count == 1)
        }
        #expect(accepted > 100)
    }
}
