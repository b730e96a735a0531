import Testing

@testable import MediaSignaling

/// Who gets in, judged by the header.
struct AdmissionTests {
    private static let session = "/" + String(repeating: "0", count: 32)

    @Test func methodsThatDontBelongAre405() async throws {
        try await TestServer.run { test in
            for (path, allow) in [
                ("/", "GET, HEAD, OPTIONS"), ("/health", "GET, HEAD, OPTIONS"), ("/stats", "GET, HEAD, OPTIONS"),
                ("/whip/a", "POST, OPTIONS"), ("/whep/a", "POST, OPTIONS"),
                ("/whip/a" + Self.session, "PATCH, DELETE, OPTIONS"),
                ("/whep/a" + Self.session, "PATCH, DELETE, OPTIONS"),
                ("/whip/a" + Self.session + "/layer", "GET, HEAD, OPTIONS"),
                ("/whep/a" + Self.session + "/layer", "GET, HEAD, POST, OPTIONS"),
            ] {
                for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"]
                where !allow.split(separator: ", ").contains(Substring(method)) {
                    let connection = test.connect()
                    connection.send(TestServer.text(method, path))
                    let answer = await connection.response(toHead: method == "HEAD")
                    // A method nobody has heard of is refused by the parser.
                    #expect(answer?.status == (method == "BREW" ? 400 : 405), "\(method) \(path)")
                    if method != "BREW" { #expect(answer?.headers["allow"] == allow) }
                }
            }
        }
    }

    @Test func pathsThatNameNothing() async throws {
        try await TestServer.run { test in
            for path in [
                "/whip", "/whip/", "/x", "//", "/whip/a/b/c", "/whip/a/" + "0a", "/whip/a/" + Self.session + "0",
                "/whep/a" + Self.session + "/", "/whep/a" + Self.session + "/layers",
                "/whep/a" + Self.session + "/layer/",
            ] {
                let status = await test.post(path).status
                #expect(status == (path == "/whip/" ? 400 : 404), "\(path)")
            }
            let long = String(repeating: "a", count: 65)
            for name in ["a%41", "a+b", "ä", long, "..", "a;b", "a.", ".a", "a.b.c", "a.\(long)", "\(long).a"] {
                #expect(await test.post("/whip/\(name)").status == 400, "\(name)")
                #expect(await test.post("/whep/\(name)").status == 400, "\(name)")
            }
            #expect(await test.post("/whip/" + long.dropLast()).status == 201)
            #expect(await test.post("/whip/aZ09_-?x=y").status == 201)
            #expect(await test.server.registry.sessionCount == 2)
        }
    }

    @Test func optionsTellWhatIsAccepted() async throws {
        try await TestServer.run { test in
            let endpoint = await test.request(
                "OPTIONS", "/whip/a", ["Origin: http://localhost:3000", "Access-Control-Request-Method: POST"])
            #expect(endpoint.status == 204)
            #expect(endpoint.headers["accept-post"] == "application/sdp")
            #expect(endpoint.headers["access-control-allow-origin"] == "*")
            #expect(endpoint.headers["access-control-allow-methods"] == "POST, OPTIONS")
            #expect(
                endpoint.headers["access-control-allow-headers"]
                    == "Authorization, Content-Type, If-Match, Previous-Session")
            #expect(endpoint.headers["access-control-expose-headers"]?.contains("Location, ETag") == true)
            let session = await test.request("OPTIONS", "/whep/a" + Self.session)
            #expect(session.status == 204)
            #expect(session.headers["accept-patch"] == "application/trickle-ice-sdpfrag")
            #expect(session.headers["allow"] == "PATCH, DELETE, OPTIONS")
        }
    }

    @Test func tokensAreAskedForEachPurpose() async throws {
        try await TestServer.run {
            try $0.tokens.set("publish-secret", for: .publish)
            try $0.tokens.set("watch-secret", for: .watch)
            try $0.tokens.set("admin-secret", for: .administer)
        } _: { test in
            let own = ["whip": "publish-secret", "whep": "watch-secret"]
            for (protocolName, token) in [("whip", "publish-secret"), ("whep", "watch-secret")] {
                let path = "/\(protocolName)/a"
                let missing = await test.post(path)
                #expect(missing.status == 401)
                #expect(missing.headers["www-authenticate"] == #"Bearer realm="sluice""#)
                #expect(missing.headers["access-control-allow-origin"] == "*")
                for bad in ["Bearer", "Bearer ", "Basic \(token)", token, "Bearer \(token) x", "Bearer \"\(token)\""] {
                    #expect(await test.post(path, "v=0", ["Authorization: \(bad)"]).status == 401, "\(bad)")
                }
                let wrong = await test.post(path, "v=0", ["Authorization: Bearer \(token)x"])
                #expect(wrong.status == 401)
                #expect(wrong.headers["www-authenticate"] == #"Bearer realm="sluice", error="invalid_token""#)
                #expect(!wrong.body.contains(token))
                let twice = ["Authorization: Bearer \(token)", "Authorization: Bearer \(token)"]
                #expect(await test.post(path, "v=0", twice).status == 401)
                for other in ["admin-secret", own[protocolName == "whip" ? "whep" : "whip"] ?? ""] {
                    let answer = await test.post(path, "v=0", ["Authorization: Bearer \(other)"])
                    #expect(answer.status == 403)
                    #expect(answer.headers["www-authenticate"]?.contains("insufficient_scope") == true)
                }
                // Any Host and Origin will do for who has the token.
                let good = ["Authorization: bEARER  \(token)", "Host: example.org", "Origin: https://example.net"]
                let made = await test.post(path, "v=0", good)
                #expect(made.status == 201)
                let location = made.headers["location"] ?? ""
                #expect(await test.patch(location, ifMatch: "*").status == 401)
                #expect(await test.request("DELETE", location).status == 401)
                #expect(await test.request("OPTIONS", location).status == 204)
            }
            #expect(await test.request("GET", "/stats").status == 401)
            #expect(await test.request("GET", "/stats", ["Authorization: Bearer watch-secret"]).status == 403)
            #expect(await test.request("GET", "/stats", ["Authorization: Bearer admin-secret"]).status == 200)
            #expect(await test.request("GET", "/").status == 200)
            #expect(await test.request("GET", "/health").status == 200)
            #expect(await test.server.registry.sessionCount == 2)
            #expect(!test.log.all.contains { $0.contains("secret") })
        }
    }

    @Test func theTokenIsCheckedBeforeTheBody() async throws {
        try await TestServer.run {
            try $0.tokens.set("publish-secret", for: .publish)
        } _: { test in
            let connection = test.connect()
            connection.send(
                "POST /whip/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 60000\r\n\r\nv=0")
            let answer = await connection.response()
            #expect(answer?.status == 401)
            #expect(answer?.headers["connection"] == "close")
            #expect(await connection.isClosedByServer())
        }
    }

    @Test func withoutATokenOnlyThisMachineIsServed() async throws {
        try await TestServer.run { test in
            for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:8080"] {
                #expect(await test.request("GET", "/stats", ["Host: \(host)"]).status == 200, "\(host)")
            }
            for host in [
                "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
                "[::2]",
                "localhost:x", "[::1", "", "0.0.0.0", "evil.example@localhost",
            ] {
                #expect(await test.request("GET", "/stats", ["Host: \(host)"]).status == 403, "\(host)")
                #expect(await test.request("OPTIONS", "/whip/a", ["Host: \(host)"]).status == 403, "\(host)")
            }
            for origin in ["http://localhost", "http://localhost:3000", "https://127.0.0.1:8443", "http://[::1]:8080"] {
                #expect(await test.request("GET", "/stats", ["Origin: \(origin)"]).status == 200, "\(origin)")
            }
            for origin in [
                "null", "https://evil.example", "http://localhost.evil.example", "file://", "localhost",
                "http://localhost/x",
                "http://evil.example:8080",
            ] {
                #expect(await test.request("GET", "/stats", ["Origin: \(origin)"]).status == 403, "\(origin)")
                let posted = await test.post("/whip/a", "v=0", ["Origin: \(origin)"])
                #expect(posted.status == 403)
                #expect(posted.headers["access-control-allow-origin"] == nil)
            }
            let two = ["Origin: http://localhost", "Origin: https://evil.example"]
            #expect(await test.request("GET", "/stats", two).status == 403)
            #expect(await test.server.registry.sessionCount == 0)
        }
    }

    @Test func bodiesOfAnotherTypeAre415() async throws {
        try await TestServer.run { test in
            for type in ["text/plain", "application/sdpx", "application/json", "application", ""] {
                let answer = await test.request("POST", "/whip/a", ["Content-Type: \(type)"], body: "v=0")
                #expect(answer.status == 415, "\(type)")
                #expect(answer.headers["accept-post"] == "application/sdp")
            }
            #expect(await test.request("POST", "/whip/a", [], body: "v=0").status == 415)
            for (index, type) in ["application/sdp", "Application/SDP; charset=utf-8", "application/sdp;x"].enumerated()
            {
                #expect(
                    await test.request("POST", "/whip/\(index)", ["Content-Type: \(type)"], body: "v=0").status == 201)
            }
            let location = await test.post("/whip/a").headers["location"] ?? ""
            let patched = await test.request(
                "PATCH", location, ["Content-Type: application/sdp", "If-Match: *"], body: "v=0")
            #expect(patched.status == 415)
            #expect(patched.headers["accept-patch"] == "application/trickle-ice-sdpfrag")
        }
    }

    @Test func theRateIsLimitedPerSource() async throws {
        try await TestServer.run {
            $0.limits.requestBurst = 5
            // So slow that the bucket runs dry on a machine where each request takes a third of a second: with twenty
            // a second it filled up faster than a busy machine asked.
            $0.limits.requestsPerSecond = 2
        } _: { test in
            let location = await test.post("/whip/a").headers["location"] ?? ""
            var statuses: [Int] = []
            for _ in 0..<20 { statuses.append(await test.request("GET", "/stats").status) }
            #expect(statuses.prefix(4).allSatisfy { $0 == 200 })
            #expect(statuses.contains(429))
            #expect(await test.request("GET", "/health").status == 200)
            #expect(await test.request("DELETE", location).status == 200)
            #expect(await test.eventually { await test.request("GET", "/stats").status == 200 })
        }
    }

    @Test func bucketsRefillAndAreForgotten() {
        let limiter = RateLimiter(perSecond: 2, burst: 3, maximumSources: 2)
        let sources = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map { HTTPSource(testAddress: $0) }
        for _ in 0..<3 { #expect(limiter.admit(sources[0], at: 0)) }
        #expect(!limiter.admit(sources[0], at: 0))
        #expect(!limiter.admit(sources[0], at: 400_000_000))
        #expect(limiter.admit(sources[0], at: 600_000_000))
        #expect(limiter.admit(sources[1], at: 600_000_000))
        #expect(limiter.sourceCount == 2)
        #expect(!limiter.admit(sources[2], at: 600_000_000))
        #expect(limiter.admit(sources[2], at: 60_000_000_000))
        #expect(limiter.sourceCount == 1)
        // A clock that goes back gives nothing away.
        for _ in 0..<2 { #expect(limiter.admit(sources[2], at: 0)) }
        #expect(!limiter.admit(sources[2], at: 0))
        let neighbours = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map { HTTPSource(testAddress: $0) }
        #expect(neighbours[0] == neighbours[1] && neighbours[0] != neighbours[2])
        #expect(sources[0] != sources[1])
    }
}
