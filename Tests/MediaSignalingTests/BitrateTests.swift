import FoundationEssentials
import Testing

@testable import MediaCore
@testable import MediaSignaling

/// The bit rate resources of publishers and watchers.
struct BitrateTests {
    /// A publisher; `body` gets where its bit rate is.
    private func publish(
        limit: Int64? = nil, _ body: (TestServer, _ bitrate: String) async throws -> Void
    ) async throws {
        try await TestServer.run {
            $0.publishing.bitrateLimit = limit
        } _: { test in
            let location = try #require(await test.post("/whip/studio").headers["location"])
            try await body(test, location + "/bitrate")
        }
    }

    private func change(_ test: TestServer, _ path: String, _ json: String) async -> RawConnection.Response {
        await test.request("POST", path, ["Content-Type: application/json"], body: json)
    }

    @Test func aLimitIsSetAndLifted() async throws {
        try await publish { test, bitrate in
            func limit() -> Int64? { test.backend.rates(of: "whip/studio#1")?.limit }
            let before = await test.request("GET", bitrate)
            #expect(before.status == 200 && before.body == #"{"maxBitrate":null}"#)
            #expect(before.headers["content-type"] == "application/json")
            #expect(before.headers["access-control-allow-origin"] == "*")
            #expect(limit() == nil)
            let set = await change(test, bitrate, #"{"maxBitrate": 500000}"#)
            #expect(set.status == 200 && set.body == #"{"maxBitrate":500000}"#)
            #expect(limit() == 500_000)
            // What says nothing of it, and what is refused, changes nothing.
            for (json, status, reason) in [
                ("{}", 200, #"{"maxBitrate":500000}"#),
                (#"{"maxBitrate": 29999}"#, 400, Self.range), (#"{"maxBitrate": 1000000001}"#, 400, Self.range),
                (#"{"maxBitrate": "1"}"#, 400, Self.range), (#"{"maxBitrate": 99999.5}"#, 400, Self.range),
                (#"{"maxBitrate": 1e99}"#, 400, Self.range),
                (#"{"maxbitrate": 100000}"#, 400, "there is no member \"maxbitrate\"\n"),
                (#"{"maxBitrate": 100000, "bitrate": 1}"#, 400, "there is no member \"bitrate\"\n"),
                ("[]", 400, "the body must be one JSON object\n"), ("", 400, "the body must be one JSON object\n"),
                (#"{"maxBitrate": 666000}"#, 400, "bitrate is refused\n"),
            ] {
                let answer = await change(test, bitrate, json)
                #expect(answer.status == status && answer.body == reason, "\(json)")
                #expect(limit() == 500_000, "\(json)")
            }
            #expect(await test.request("GET", bitrate).body == #"{"maxBitrate":500000}"#)
            #expect(await change(test, bitrate, #"{"maxBitrate": null}"#).body == #"{"maxBitrate":null}"#)
            #expect(limit() == nil)
        }
    }

    private static let range = "maxBitrate must be a whole number from 30000 to 1000000000, or null\n"

    @Test func theServersLimitStays() async throws {
        try await publish(limit: 2_000_000) { test, bitrate in
            func limit() -> Int64? { test.backend.rates(of: "whip/studio#1")?.limit }
            #expect(test.backend.rates(of: "whip/studio#1")?.start == 1_000_000)
            #expect(limit() == 2_000_000)
            #expect(await test.request("GET", bitrate).body == #"{"maxBitrate":2000000}"#)
            for (wanted, granted): (String, Int64) in [
                ("3000000", 2_000_000), ("1000000", 1_000_000), ("null", 2_000_000),
            ] {
                let answer = await change(test, bitrate, #"{"maxBitrate": \#(wanted)}"#)
                #expect(answer.status == 200 && answer.body == #"{"maxBitrate":\#(granted)}"#)
                #expect(limit() == granted)
            }
        }
    }

    @Test func onlyWhatBelongsThereIsTaken() async throws {
        try await publish { test, bitrate in
            for method in ["PUT", "PATCH", "DELETE"] {
                let answer = await test.request(method, bitrate)
                #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD, POST, OPTIONS")
            }
            let typed = await test.request("POST", bitrate, ["Content-Type: text/plain"], body: "{}")
            #expect(typed.status == 415 && typed.headers["accept-post"] == "application/json")
            #expect(await change(test, bitrate, "{" + String(repeating: " ", count: 4095) + "}").status == 413)
            let options = await test.request("OPTIONS", bitrate)
            #expect(options.status == 204 && options.headers["accept-post"] == "application/json")

            // It belongs to its session, and to publishers.
            let watcher = try #require(await test.post("/whep/studio").headers["location"])
            #expect(await test.request("GET", "/whip/other" + bitrate.dropFirst(12)).status == 404)
            #expect(await test.request("GET", "/whip" + watcher.dropFirst(5) + "/bitrate").status == 404)
            #expect(await test.request("DELETE", String(bitrate.dropLast(8))).status == 200)
            #expect(await test.request("GET", bitrate).status == 404)
            #expect(await change(test, bitrate, #"{"maxBitrate": 500000}"#).status == 404)
        }
    }

    @Test func floodsOfChangesAreRefused() async throws {
        try await publish { test, bitrate in
            var statuses: [Int] = []
            for _ in 0..<40 { statuses.append(await change(test, bitrate, #"{"maxBitrate": 500000}"#).status) }
            #expect(statuses.prefix(20).allSatisfy { $0 == 200 })
            #expect(statuses.contains(429))
            #expect(await test.request("GET", bitrate).status == 200)
        }
    }

    @Test func theTokenToPublishIsNeeded() async throws {
        try await TestServer.run {
            try $0.tokens.set("publish-secret", for: .publish)
            try $0.tokens.set("watch-secret", for: .watch)
        } _: { test in
            let publish = "Authorization: Bearer publish-secret"
            let path = try #require(await test.post("/whip/a", "v=0", [publish]).headers["location"]) + "/bitrate"
            let json = "Content-Type: application/json"
            #expect(await test.request("GET", path).status == 401)
            #expect(await test.request("POST", path, [json], body: "{}").status == 401)
            let other = await test.request("POST", path, [json, "Authorization: Bearer watch-secret"], body: "{}")
            #expect(other.status == 403)
            #expect(await test.request("POST", path, [json, publish], body: "{}").status == 200)
        }
    }

    // MARK: Watchers

    /// A watcher; `body` gets where its bit rate is.
    private func watch(_ body: (TestServer, _ bitrate: String) async throws -> Void) async throws {
        try await publish { test, _ in
            let location = try #require(await test.post("/whep/studio").headers["location"])
            try await body(test, location + "/bitrate")
        }
    }

    private static func report(_ available: Int, allocated: Int, limit: String = "null", next: String = "null")
        -> String
    {
        #"{"allocatedBitrate":\#(allocated),"availableOutgoingBitrate":\#(available),"maxBitrate":\#(limit),"#
            + #""nextBitrate":\#(next),"wantedBitrate":\#(available)}"#
    }

    @Test func aWatcherSeesWhatItsLinkCarries() async throws {
        try await watch { test, bitrate in
            let before = await test.request("GET", bitrate)
            #expect(before.status == 200 && before.body == Self.report(300_000, allocated: 150_000))
            #expect(before.headers["access-control-allow-origin"] == "*")
            test.backend.estimate(1_234_567, for: "whep/studio#2")
            #expect(await test.request("GET", bitrate).body == Self.report(1_234_567, allocated: 617_283))
            let options = await test.request("OPTIONS", bitrate)
            #expect(options.headers["access-control-allow-methods"] == "GET, HEAD, POST, OPTIONS")
            #expect(options.headers["accept-post"] == "application/json")
            #expect(await test.request("DELETE", String(bitrate.dropLast(8))).status == 200)
            #expect(await test.request("GET", bitrate).status == 404)
            #expect(await change(test, bitrate, "{}").status == 404)
        }
    }

    @Test func aWatchersCapIsSetAndLifted() async throws {
        try await watch { test, bitrate in
            func cap() -> Int64? { test.backend.cap(of: "whep/studio#2") }
            let capped = Self.report(300_000, allocated: 100_000, limit: "100000", next: "300000")
            let set = await change(test, bitrate, #"{"maxBitrate": 100000}"#)
            #expect(set.status == 200 && set.body == capped && cap() == 100_000)
            // What says nothing of it, and what is negative, absurd or refused, changes nothing.
            for (json, status, reason) in [
                ("{}", 200, capped),
                (#"{"maxBitrate": -1}"#, 400, Self.range), (#"{"maxBitrate": -500000}"#, 400, Self.range),
                (#"{"maxBitrate": 0}"#, 400, Self.range), (#"{"maxBitrate": 29999}"#, 400, Self.range),
                (#"{"maxBitrate": 1000000001}"#, 400, Self.range), (#"{"maxBitrate": 1e300}"#, 400, Self.range),
                (#"{"maxBitrate": 9223372036854775808}"#, 400, Self.range),
                (#"{"maxBitrate": "500000"}"#, 400, Self.range), (#"{"maxBitrate": true}"#, 400, Self.range),
                (#"{"bitrate": 500000}"#, 400, "there is no member \"bitrate\"\n"),
                (#"{"maxBitrate": 666000}"#, 400, "bitrate is refused\n"),
            ] {
                let answer = await change(test, bitrate, json)
                #expect(answer.status == status && answer.body == reason, "\(json)")
                #expect(cap() == 100_000, "\(json)")
            }
            #expect(await test.request("GET", bitrate).body == capped)
            let lifted = await change(test, bitrate, #"{"maxBitrate": null}"#)
            #expect(lifted.body == Self.report(300_000, allocated: 150_000) && cap() == nil)
        }
    }

    @Test func aWatchersFloodOfCapsIsRefused() async throws {
        try await watch { test, bitrate in
            let other = try #require(await test.post("/whep/studio").headers["location"]) + "/bitrate"
            var statuses: [Int] = []
            for _ in 0..<40 { statuses.append(await change(test, bitrate, #"{"maxBitrate": 100000}"#).status) }
            #expect(statuses.prefix(20).allSatisfy { $0 == 200 })
            #expect(statuses.contains(429))
            #expect(await test.request("GET", bitrate).status == 200)
            #expect(await change(test, other, #"{"maxBitrate": 100000}"#).status == 200)
            // Of another role, or of nobody.
            #expect(await change(test, "/whip" + bitrate.dropFirst(5), "{}").status == 404)
        }
    }
}
