import Testing

@testable import MediaSignaling

/// Connections that are slow, large, many or malformed.
struct ConnectionTests {
    @Test func aSlowHeaderIs408() async throws {
        try await TestServer.run {
            $0.limits.headerTimeout = .milliseconds(150)
        } _: { test in
            let silent = test.connect()
            let slow = test.connect()
            slow.send("GET /health HT")
            #expect(await silent.response()?.status == 408)
            #expect(await silent.isClosedByServer())
            #expect(await slow.response()?.status == 408)
            #expect(await slow.isClosedByServer())
            // A byte now and then does not push the deadline.
            let dripping = test.connect()
            let drip = Task {
                for byte in "GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: aaaaaaaaaaaaaaaaaaaa" {
                    dripping.send(String(byte))
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(await dripping.response()?.status == 408)
            drip.cancel()
            // Nor does a second request on a connection get more time.
            let second = test.connect()
            #expect(await second.exchange(TestServer.text("GET", "/health"))?.status == 200)
            second.send("GET /hea")
            #expect(await second.response()?.status == 408)
            #expect(await test.eventually { test.server.http.connectionCount <= 4 })
        }
    }

    @Test func aSlowBodyIs408() async throws {
        try await TestServer.run {
            $0.limits.bodyTimeout = .milliseconds(150)
        } _: { test in
            let slow = test.connect()
            slow.send(
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0"
            )
            // Nobody else notices.
            #expect(await test.post("/whip/b").status == 201)
            let answer = await slow.response()
            #expect(answer?.status == 408)
            #expect(answer?.headers["access-control-allow-origin"] == "*")
            #expect(await slow.isClosedByServer())
            #expect(await test.server.registry.sessionCount == 1)
        }
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() async throws {
        try await TestServer.run {
            $0.limits.idleTimeout = .milliseconds(150)
        } _: { test in
            let connection = test.connect()
            #expect(await connection.exchange(TestServer.text("GET", "/health"))?.status == 200)
            #expect(await connection.response() == nil)
            #expect(await connection.isClosedByServer())
            #expect(await test.eventually { test.server.http.connectionCount == 0 })
        }
    }

    @Test func largeBodiesAre413() async throws {
        try await TestServer.run { test in
            let type = ["Content-Type: application/sdp"]
            let stated = test.connect()
            stated.send(
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 262145\r\n\r\n"
            )
            #expect(await stated.response()?.status == 413)
            #expect(await stated.isClosedByServer())
            let chunked = test.connect()
            chunked.send(TestServer.text("POST", "/whip/a", type + ["Transfer-Encoding: chunked"]))
            let chunk = "10000\r\n" + String(repeating: "a", count: 0x10000) + "\r\n"
            for _ in 0..<6 { chunked.send(chunk) }
            #expect(await chunked.response()?.status == 413)
            #expect(await chunked.isClosedByServer())
            #expect(await test.server.registry.sessionCount == 0)
            let most = String(repeating: "a", count: 262_144)
            #expect(await test.post("/whip/a", most).status == 201)
        }
    }

    @Test func largeHeadersAre431() async throws {
        try await TestServer.run { test in
            let long = String(repeating: "a", count: 17_000)
            #expect(await test.request("GET", "/health", ["X-Long: \(long)"]).status == 431)
            #expect(await test.request("GET", "/" + long).status == 431)
            let many = (0..<100).map { "X-\($0): 1" }
            #expect(await test.request("GET", "/health", many).status == 431)
            #expect(await test.request("GET", "/health").status == 200)
        }
    }

    @Test func malformedRequestsAre400() async throws {
        try await TestServer.run { test in
            for text in [
                "\r\n\r\nGARBAGE\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\n X: folded\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nv",
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\u{0}b\r\n\r\n",
            ] {
                let connection = test.connect()
                let answer = await connection.exchange(text)
                #expect(answer?.status == 400, "\(text.debugDescription)")
                #expect(answer?.body.split(separator: "\n").count == 1)
            }
            #expect(await test.request("GET", "http://localhost/health").status == 404)
            #expect(await test.request("GET", "/health", ["Expect: magic"]).status == 417)
            #expect(await test.server.registry.sessionCount == 0)
            #expect(await test.eventually { test.server.http.connectionCount == 0 })
        }
    }

    @Test func requestsMayBePipelined() async throws {
        try await TestServer.run { test in
            let connection = test.connect()
            let type = ["Content-Type: application/sdp"]
            connection.send(
                TestServer.text("GET", "/health") + TestServer.text("POST", "/whip/a", type, body: "v=0")
                    + TestServer.text("POST", "/whep/a", type, body: "v=0") + TestServer.text("GET", "/nothing")
                    + "BROKEN\r\n\r\n")
            var statuses: [Int] = []
            while let answer = await connection.response() { statuses.append(answer.status) }
            #expect(statuses == [200, 201, 201, 404, 400])
            // Thousands in one segment cost no stack.
            let flood = test.connect()
            flood.send(String(repeating: "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", count: 700))
            var count = 0
            while count < 700, let answer = await flood.response() {
                count += 1
                #expect(answer.status == (count <= 496 ? 404 : 429) || answer.status == 404)
            }
            #expect(count == 700)
        }
    }

    @Test func expectationsAreMet() async throws {
        try await TestServer.run { test in
            let connection = test.connect()
            connection.send(
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 3\r\n\r\n")
            #expect(await connection.response()?.status == 100)
            #expect(await connection.exchange("v=0")?.status == 201)
            // A connection is not worn out by an answer, nor by a refusal.
            #expect(await connection.exchange(TestServer.text("GET", "/x"))?.status == 404)
            #expect(await connection.exchange(TestServer.text("GET", "/health"))?.status == 200)
        }
    }

    @Test func anUpgradeIsIgnored() async throws {
        try await TestServer.run { test in
            let upgrade = ["Connection: Upgrade", "Upgrade: websocket"]
            #expect(await test.request("GET", "/health", upgrade).status == 200)
            #expect(await test.connect().exchange("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n")?.status == 404)
        }
    }

    @Test func aHalfClosedClientStillGetsItsAnswer() async throws {
        try await TestServer.run { test in
            let connection = test.connect()
            connection.send(TestServer.text("GET", "/stats"))
            connection.finish()
            #expect(await connection.response()?.status == 200)
            #expect(await connection.isClosedByServer())
            let early = test.connect()
            early.send(
                "POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv"
            )
            early.finish()
            #expect(await early.isClosedByServer())
            #expect(await test.server.registry.sessionCount == 0)
            #expect(await test.eventually { test.server.http.connectionCount == 0 })
        }
    }

    @Test func headersOnlyForHead() async throws {
        try await TestServer.run { test in
            let connection = test.connect()
            connection.send(TestServer.text("HEAD", "/"))
            let head = await connection.response(toHead: true)
            #expect(head?.status == 200)
            #expect(head?.headers["content-length"].flatMap { Int($0) } ?? 0 > 1000)
            #expect(await connection.exchange(TestServer.text("GET", "/health"))?.body == "ok\n")
        }
    }

    @Test func connectionsAreCapped() async throws {
        try await TestServer.run {
            $0.limits.maximumConnections = 1000
            $0.limits.maximumConnectionsPerSource = 1000
            $0.limits.headerTimeout = .seconds(30)
        } _: { test in
            var open: [RawConnection] = []
            for _ in 0..<1000 { open.append(test.connect()) }
            #expect(await test.eventually { test.server.http.connectionCount == 1000 })
            let refused = await test.request("GET", "/health")
            #expect(refused.status == 503)
            #expect(refused.headers["retry-after"] != nil)
            #expect(await open[999].exchange(TestServer.text("GET", "/health"))?.status == 200)
            open.removeLast()
            #expect(await test.eventually { test.server.http.connectionCount == 999 })
            #expect(await test.request("GET", "/health").status == 200)
            open.removeAll()
            #expect(await test.eventually { test.server.http.connectionCount == 0 })
        }
    }

    @Test func oneSourceGetsItsShareOfConnections() async throws {
        try await TestServer.run {
            $0.limits.maximumConnectionsPerSource = 2
        } _: { test in
            let open = [test.connect(), test.connect()]
            #expect(await test.eventually { test.server.http.connectionCount == 2 })
            #expect(await test.request("GET", "/health").status == 503)
            #expect(await open[0].exchange(TestServer.text("GET", "/health"))?.status == 200)
        }
        let counter = ConnectionCounter(maximum: 3, maximumPerSource: 2)
        let sources = ["10.0.0.1", "10.0.0.2"].map { HTTPSource(testAddress: $0) }
        #expect(counter.enter(sources[0]) && counter.enter(sources[0]) && !counter.enter(sources[0]))
        #expect(counter.enter(sources[1]) && !counter.enter(sources[1]))
        counter.leave(sources[0])
        #expect(counter.enter(sources[1]))
        #expect(counter.count == 3)
    }
}
