import MediaCore
import Testing

@testable import MediaSignaling

/// The life of sessions and streams, over HTTP.
struct SessionTests {
    @Test func aPublisherComesAndGoes() async throws {
        try await TestServer.run { test in
            let made = await test.post("/whip/studio")
            #expect(made.status == 201)
            #expect(made.headers["content-type"] == "application/sdp")
            #expect(made.headers["etag"] == "\"ufrag1\"")
            #expect(made.headers["access-control-allow-origin"] == "*")
            #expect(made.body.hasPrefix("v=0"))
            let location = try #require(made.headers["location"])
            #expect(try #/^/whip/studio/[0-9a-f]{32}$/#.wholeMatch(in: location) != nil)
            #expect(test.backend.names == ["whip/studio#1"])

            #expect(await test.post("/whip/studio").status == 409)
            #expect(test.backend.names.count == 1)

            #expect(await test.request("DELETE", location).status == 200)
            #expect(test.backend.names.isEmpty)
            #expect(await test.request("DELETE", location).status == 404)
            #expect(await test.patch(location, ifMatch: "*").status == 404)
            #expect(await test.post("/whip/studio").status == 201)
        }
    }

    @Test func watchersComeAndGo() async throws {
        try await TestServer.run { test in
            #expect(await test.post("/whep/studio").status == 404)
            _ = await test.post("/whip/studio")
            let first = await test.post("/whep/studio")
            let second = await test.post("/whep/studio")
            #expect(first.status == 201 && second.status == 201)
            let location = try #require(first.headers["location"])
            #expect(location.hasPrefix("/whep/studio/"))
            #expect(location != second.headers["location"])
            #expect(test.backend.names == ["whep/studio#2", "whep/studio#3", "whip/studio#1"])
            // A session answers under its own address only.
            #expect(await test.request("DELETE", "/whip" + location.dropFirst(5)).status == 404)
            #expect(await test.request("DELETE", "/whep/other" + location.dropFirst(12)).status == 404)
            #expect(await test.request("DELETE", location).status == 200)
            #expect(test.backend.names == ["whep/studio#3", "whip/studio#1"])
            #expect(await test.server.registry.sessionCount == 2)
        }
    }

    @Test func aPublisherTakesItsWatchersAlong() async throws {
        try await TestServer.run { test in
            let publisher = await test.post("/whip/studio")
            var watchers: [String] = []
            for _ in 0..<3 { watchers.append(await test.post("/whep/studio").headers["location"] ?? "") }
            _ = await test.post("/whip/other")
            _ = await test.post("/whep/other")
            #expect(await test.request("DELETE", publisher.headers["location"] ?? "").status == 200)
            #expect(test.backend.names == ["whep/other#6", "whip/other#5"])
            for watcher in watchers { #expect(await test.request("DELETE", watcher).status == 404) }
            #expect(await test.post("/whep/studio").status == 404)
            #expect(test.log.all.filter { $0.contains("publisher-left") }.count == 3)
        }
    }

    @Test func aLostPublisherTakesItsWatchersAlong() async throws {
        try await TestServer.run { test in
            _ = await test.post("/whip/studio")
            _ = await test.post("/whep/studio")
            test.backend.lose("whip/studio#1", reason: .consentExpired)
            #expect(await test.eventually { test.backend.names.isEmpty })
            #expect(await test.server.registry.sessionCount == 0)
            #expect(await test.post("/whip/studio").status == 201)
            #expect(test.log.all.contains { $0.contains("reason=consent-expired session=whip/studio#1") })
        }
    }

    @Test func aLostWatcherLeavesTheOthers() async throws {
        try await TestServer.run { test in
            _ = await test.post("/whip/studio")
            let lost = await test.post("/whep/studio")
            _ = await test.post("/whep/studio")
            test.backend.lose("whep/studio#2", reason: .closeNotify)
            #expect(await test.eventually { await test.server.registry.sessionCount == 2 })
            #expect(await test.request("DELETE", lost.headers["location"] ?? "").status == 404)
            #expect(test.backend.names == ["whep/studio#3", "whip/studio#1"])
        }
    }

    @Test func aStreamIsTakenWhileItsPublisherIsMade() async throws {
        try await TestServer.run { test in
            test.backend.gate()
            async let first = test.post("/whip/studio")
            #expect(await test.eventually { test.backend.waiting == 1 })
            #expect(await test.post("/whip/studio").status == 409)
            #expect(await test.post("/whep/studio").status == 404)
            test.backend.open()
            #expect(await first.status == 201)
            #expect(test.backend.names.count == 1)
        }
    }

    @Test func aWatcherWhosePublisherLeavesMeanwhileIsNotKept() async throws {
        try await TestServer.run { test in
            let publisher = await test.post("/whip/studio")
            test.backend.gate()
            async let watcher = test.post("/whep/studio")
            #expect(await test.eventually { test.backend.waiting == 1 })
            #expect(await test.request("DELETE", publisher.headers["location"] ?? "").status == 200)
            test.backend.open()
            #expect(await watcher.status == 404)
            #expect(test.backend.names.isEmpty)
            #expect(await test.server.registry.sessionCount == 0)
        }
    }

    @Test func refusalsKeepNothing() async throws {
        try await TestServer.run { test in
            let malformed = await test.post("/whip/studio", "malformed")
            #expect(malformed.status == 400)
            #expect(malformed.body == "line 1: v=0 is missing\\u{d}\\u{a}\\u{1b}[31m\n")
            let unserved = await test.post("/whip/studio", "no mux")
            #expect(unserved.status == 422)
            #expect(unserved.body == "line 9: a=rtcp-mux is required\n")
            let full = await test.post("/whip/studio", "many")
            #expect(full.status == 503)
            #expect(full.headers["retry-after"] != nil)
            #expect(await test.server.registry.sessionCount == 0)
            #expect(await test.post("/whip/studio").status == 201)
            #expect(await test.post("/whep/studio", "vp9 only").status == 406)
            #expect(await test.server.registry.sessionCount == 1)
        }
    }

    @Test func bodiesMustBeText() async throws {
        try await TestServer.run { test in
            let connection = test.connect()
            let head =
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.send(head + "1\r\n")
            connection.send(bytes: [0xFF])
            #expect(await connection.exchange("\r\n0\r\n\r\n")?.status == 400)
        }
    }

    @Test func theSessionLimitIs503() async throws {
        try await TestServer.run {
            $0.maximumSessions = 2
        } _: { test in
            let first = await test.post("/whip/a")
            #expect(await test.post("/whep/a").status == 201)
            #expect(await test.post("/whep/a").status == 503)
            #expect(await test.post("/whip/b").status == 503)
            #expect(await test.request("DELETE", first.headers["location"] ?? "").status == 200)
            #expect(await test.post("/whip/b").status == 201)
        }
    }

    @Test func sessionsSpreadOverWorkers() async throws {
        try await TestServer.run(workers: 3) { test in
            for name in ["a", "b", "c"] { _ = await test.post("/whip/\(name)") }
            #expect(test.backends.map(\.names.count) == [1, 1, 1])
            // Watchers go where their publisher is, further publishers where there is least to do.
            for _ in 0..<3 { _ = await test.post("/whep/b") }
            #expect(test.backends.map(\.names.count) == [1, 4, 1])
            for name in ["d", "e"] { _ = await test.post("/whip/\(name)") }
            #expect(test.backends.map(\.names.count) == [2, 4, 2])
        }
    }

    @Test func drainingEndsEverySession() async throws {
        try await TestServer.run(workers: 2) { test in
            #expect(await test.request("GET", "/health").body == "ok\n")
            for name in ["a", "b"] {
                _ = await test.post("/whip/\(name)")
                _ = await test.post("/whep/\(name)")
            }
            test.backends[0].gate()
            async let late = test.post("/whip/late")
            #expect(await test.eventually { test.backends[0].waiting == 1 })
            await test.server.drain()
            test.backends[0].open()
            #expect(await late.status == 503)
            #expect(test.backends.allSatisfy { $0.names.isEmpty })
            #expect(await test.server.registry.sessionCount == 0)
            let refused = await test.post("/whip/a")
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"] != nil)
            let health = await test.request("GET", "/health")
            #expect(health.status == 503 && health.body == "draining\n")
        }
    }

    @Test func statisticsNameStreamsButNoSecrets() async throws {
        try await TestServer.run { test in
            let publisher = await test.post("/whip/studio")
            _ = await test.post("/whep/studio")
            let stats = await test.request("GET", "/stats")
            #expect(stats.status == 200)
            #expect(stats.headers["content-type"] == "application/json")
            #expect(
                stats.body.contains(
                    #""name":"studio","publisher":"whip/studio#1","watchers":["whep/studio#2"],"worker":0"#))
            #expect(stats.body.contains(#""sessions":2"#))
            #expect(stats.body.contains(#""udpPort":40000"#))
            let secret = String(publisher.headers["location"]?.suffix(32) ?? "none")
            #expect(!stats.body.contains(secret))
            #expect(!test.log.all.contains { $0.contains(secret) || $0.contains("ufrag") || $0.contains("127.0.0.1") })
            #expect(test.log.all.count == 2)
        }
    }
}
