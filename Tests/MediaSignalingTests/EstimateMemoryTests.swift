import Testing

@testable import MediaSignaling

/// Whoever comes back begins with what its link carried.
struct EstimateMemoryTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func anEstimateIsGivenOnceAndInTime() {
        var memory = EstimateMemory()
        let (first, second, third) = (SessionID(), SessionID(), SessionID())
        memory.keep(1, of: first, at: 100 * Self.second)
        memory.keep(2, of: second, at: 130 * Self.second)
        #expect(memory.take(third, at: 131 * Self.second) == nil)
        #expect(memory.take(second, at: 131 * Self.second) == 2)
        #expect(memory.take(second, at: 131 * Self.second) == nil)
        #expect(memory.take(first, at: 160 * Self.second) == nil)
        memory.keep(3, of: third, at: 100 * Self.second)
        #expect(memory.take(third, at: 160 * Self.second - 1) == 3)
        #expect(memory.count == 0)
    }

    @Test func theOldestMakeRoom() {
        var memory = EstimateMemory()
        let sessions = (0..<3 * EstimateMemory.capacity).map { _ in SessionID() }
        for (index, session) in sessions.enumerated() {
            memory.keep(Int64(index), of: session, at: UInt64(index))
            #expect(memory.count <= EstimateMemory.capacity)
        }
        #expect(memory.take(sessions[2 * EstimateMemory.capacity - 1], at: 10_000) == nil)
        #expect(memory.take(sessions[2 * EstimateMemory.capacity], at: 10_000) != nil)
        // What is out of date goes by itself.
        memory.keep(1, of: SessionID(), at: 2 * EstimateMemory.lifetime)
        #expect(memory.count == 1)
    }

    /// A publisher and a watcher that has gone; `body` gets where its session was.
    private func leave(_ body: (TestServer, String) async throws -> Void) async throws {
        try await TestServer.run { test in
            _ = await test.post("/whip/studio")
            let location = try #require(await test.post("/whep/studio").headers["location"])
            #expect(test.backend.start(of: "whep/studio#2") == nil)
            test.backend.estimate(2_345_678, for: "whep/studio#2")
            #expect(await test.request("DELETE", location).status == 200)
            try await body(test, location)
        }
    }

    @Test func whoeverNamesItsOldSessionBeginsWithItsEstimate() async throws {
        try await leave { test, old in
            #expect(await test.post("/whep/studio", "v=0", ["Previous-Session: \(old)"]).status == 201)
            #expect(test.backend.start(of: "whep/studio#3") == 2_345_678)
            // Given once.
            #expect(await test.post("/whep/studio", "v=0", ["Previous-Session: \(old)"]).status == 201)
            #expect(test.backend.start(of: "whep/studio#4") == nil)
        }
    }

    @Test func anythingElseIsNoReasonToRefuse() async throws {
        try await leave { test, old in
            for header in ["", "x", "/whep/studio/", String(old.dropLast()), "/whep/studio/" + SessionID().text] {
                #expect(await test.post("/whep/studio", "v=0", ["Previous-Session: \(header)"]).status == 201)
            }
            let twice = ["Previous-Session: \(old)", "Previous-Session: \(old)"]
            #expect(await test.post("/whep/studio", "v=0", twice).status == 201)
            for number in 3...8 { #expect(test.backend.start(of: "whep/studio#\(number)") == nil) }
            // None of them used it up; a whole URL does.
            let url = "https://example.org" + old
            #expect(await test.post("/whep/studio", "v=0", ["Previous-Session: \(url)"]).status == 201)
            #expect(test.backend.start(of: "whep/studio#9") == 2_345_678)
        }
    }

    @Test func aSessionThatIsStillThereTellsToo() async throws {
        try await TestServer.run { test in
            let publisher = try #require(await test.post("/whip/studio").headers["location"])
            let watcher = try #require(await test.post("/whep/studio").headers["location"])
            test.backend.estimate(900_000, for: "whep/studio#2")
            _ = await test.post("/whep/studio", "v=0", ["Previous-Session: \(watcher)"])
            #expect(test.backend.start(of: "whep/studio#3") == 900_000)
            // A publisher's session says nothing of a link to a watcher.
            _ = await test.post("/whep/studio", "v=0", ["Previous-Session: \(publisher)"])
            #expect(test.backend.start(of: "whep/studio#4") == nil)

            // The stream ends, and its watchers with it; it begins again, and they come back.
            #expect(await test.request("DELETE", publisher).status == 200)
            _ = await test.post("/whip/studio")
            _ = await test.post("/whep/studio", "v=0", ["Previous-Session: \(watcher)"])
            #expect(test.backend.start(of: "whep/studio#6") == 900_000)
        }
    }
}
