import MediaCore
import Testing

@testable import MediaSignaling

/// Rooms, and watchers of several of their streams on one connection.
struct RoomTests {
    /// Publishes `m.a`, `m.b`, and so on; returns where their sessions are.
    private func publish(_ names: [String], _ test: TestServer) async throws -> [String] {
        var locations: [String] = []
        for name in names {
            let made = await test.post("/whip/\(name)")
            #expect(made.status == 201)
            locations.append(try #require(made.headers["location"]))
        }
        return locations
    }

    private func delete(_ location: String, _ test: TestServer) async {
        #expect(await test.request("DELETE", location).status == 200)
    }

    @Test func aRoomIsOnOneWorker() async throws {
        try await TestServer.run(workers: 3) { test in
            let locations = try await publish(["m.a", "m.b", "m.c", "n.a", "m", "m.d"], test)
            #expect(
                test.backends.map(\.names) == [
                    ["whip/m.a#1", "whip/m.b#2", "whip/m.c#3", "whip/m.d#6"], ["whip/n.a#4"], ["whip/m#5"],
                ])
            // A room that has emptied is forgotten: the next of its name goes where there is least to do.
            for index in [3, 4] { await delete(locations[index], test) }
            _ = try await publish(["x", "n.b", "n.c"], test)
            #expect(test.backends.map(\.names)[1...] == [["whip/x#7"], ["whip/n.b#8", "whip/n.c#9"]])
        }
    }

    @Test func copiesAreLoad() async throws {
        try await TestServer.run(workers: 2) { test in
            let locations = try await publish(["m.a", "m.b", "m.c"], test)
            #expect(await test.post("/whep/m.a,m.b,m.c").status == 201)
            // Three come in and three copies go out: the next six publishers go to the other worker.
            _ = try await publish(["u", "v", "w", "x", "y", "z"], test)
            #expect(test.backends[1].names.count == 6)
            // Without its publishers the watcher is no load either.
            for location in locations { await delete(location, test) }
            _ = try await publish(["n"], test)
            #expect(test.backends[0].names == ["whip/n#11"])
        }
    }

    @Test func severalStreamsAreWatchedInTheOrderAskedFor() async throws {
        try await TestServer.run { test in
            _ = try await publish(["m.a", "m.b", "m.c"], test)
            let made = await test.post("/whep/m.c,m.a")
            #expect(made.status == 201)
            let location = try #require(made.headers["location"])
            #expect(try #/^/whep/m\.c,m\.a/[0-9a-f]{32}$/#.wholeMatch(in: location) != nil)
            let watched = test.backend.watched(by: "whep/m.c+1#4")
            #expect(watched == test.backend.producers(of: "whip/m.c#3", "whip/m.a#1"))
            #expect(watched?.count == 4)

            let stats = await test.request("GET", "/stats").body
            for (name, number, watchers) in [("a", 1, #""whep/m.c+1#4""#), ("b", 2, ""), ("c", 3, #""whep/m.c+1#4""#)] {
                let stream = #""name":"m.\#(name)","publisher":"whip/m.\#(name)#\#(number)","watchers":[\#(watchers)]"#
                #expect(stats.contains(stream), "\(stream)")
            }
            #expect(stats.contains(#""sessions":4"#))

            // The session answers under the address that it was given only.
            let id = String(location.suffix(33))
            for path in ["/whep/m.a,m.c", "/whep/m.c", "/whep/m.c,m.a,m.b", "/whep/m.c,m.b"] {
                #expect(await test.patch(path + id, ifMatch: "*").status == 404, "\(path)")
                #expect(await test.request("DELETE", path + id).status == 404, "\(path)")
            }
            #expect(await test.patch(location, ifMatch: made.headers["etag"]).status == 204)
            await delete(location, test)
            #expect(test.backend.names == ["whip/m.a#1", "whip/m.b#2", "whip/m.c#3"])
            #expect(await !test.request("GET", "/stats").body.contains("whep/"))
        }
    }

    @Test func aWatcherStaysUntilItsLastStreamEnds() async throws {
        try await TestServer.run { test in
            let locations = try await publish(["m.a", "m.b", "m.c"], test)
            let both = await test.post("/whep/m.a,m.b")
            #expect(await test.post("/whep/m.a").status == 201)
            await delete(locations[0], test)
            #expect(test.backend.names == ["whep/m.a+1#4", "whip/m.b#2", "whip/m.c#3"])
            #expect(await test.patch(both.headers["location"] ?? "", ifMatch: both.headers["etag"]).status == 204)
            // Whoever comes back under the name is another stream: its watchers are those that come now.
            let again = try await publish(["m.a"], test)
            await delete(again[0], test)
            #expect(test.backend.names == ["whep/m.a+1#4", "whip/m.b#2", "whip/m.c#3"])

            test.backend.lose("whip/m.b#2", reason: .consentExpired)
            #expect(await test.eventually { test.backend.names == ["whip/m.c#3"] })
            #expect(await test.request("DELETE", both.headers["location"] ?? "").status == 404)
            #expect(await test.server.registry.sessionCount == 1)
            #expect(test.log.all.contains { $0.contains("reason=publisher-left session=whep/m.a+1#4") })
        }
    }

    @Test func aLostWatcherOfSeveralIsForgotten() async throws {
        try await TestServer.run { test in
            let locations = try await publish(["m.a", "m.b"], test)
            _ = await test.post("/whep/m.a,m.b")
            test.backend.lose("whep/m.a+1#3", reason: .closeNotify)
            #expect(await test.eventually { await test.server.registry.sessionCount == 2 })
            for location in locations { await delete(location, test) }
            #expect(await test.server.registry.sessionCount == 0)
        }
    }

    @Test func streamsThatEndMeanwhile() async throws {
        try await TestServer.run { test in
            var locations = try await publish(["m.a", "m.b"], test)
            test.backend.gate()
            async let watcher = test.post("/whep/m.a,m.b")
            #expect(await test.eventually { test.backend.waiting == 1 })
            await delete(locations[0], test)
            test.backend.open()
            #expect(await watcher.status == 201)
            #expect(test.backend.names == ["whep/m.a+1#3", "whip/m.b#2"])
            locations += try await publish(["m.a"], test)
            test.backend.gate()
            async let late = test.post("/whep/m.b,m.a")
            #expect(await test.eventually { test.backend.waiting == 1 })
            for location in locations.dropFirst() { await delete(location, test) }
            test.backend.open()
            #expect(await late.status == 404)
            #expect(test.backend.names.isEmpty)
            #expect(await test.server.registry.sessionCount == 0)
        }
    }

    @Test func whatIsWrongIsNamed() async throws {
        try await TestServer.run { test in
            _ = try await publish(["m.a", "m.b", "n.a", "x", "y"], test)
            let many = (0..<33).map { "m.p\($0)" }.joined(separator: ",")
            for (path, status, word) in [
                ("/whep/m.a,m.z,m.b", 404, "nobody publishes m.z"), ("/whep/m.z,m.a", 404, "m.z"),
                ("/whep/z.a", 404, "z.a"), ("/whep/m.a,n.a", 400, "m.a and n.a are not of one room"),
                ("/whep/x,y", 400, "x and y"), ("/whep/m,m.a", 400, "not of one room"),
                ("/whep/m.a,m.b,m.a", 400, "m.a is there twice"), ("/whep/\(many)", 400, "32 streams at most"),
                ("/whep/m.a,", 400, "{room}.{name}"), ("/whep/m.a,m.b.c", 400, "{room}.{name}"),
                ("/whip/m.c,m.d", 400, "publishes one stream"), ("/whip/m.a", 409, "publishes this stream already"),
                ("/whep/m.a,m.b", 406, "line 3"),
            ] {
                let answer = await test.post(path, status == 406 ? "vp9 only" : "v=0")
                #expect(answer.status == status, "\(path)")
                #expect(answer.body.contains(word), "\(path): \(answer.body)")
            }
            #expect(await test.server.registry.sessionCount == 5)
            #expect(await test.post("/whep/m.b,m.a").status == 201)
        }
    }
}
