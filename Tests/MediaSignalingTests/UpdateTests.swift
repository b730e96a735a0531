import Testing

@testable import MediaSignaling

/// PATCH and entity tags. Source: RFC 9725, section 4.3.
struct UpdateTests {
    @Test func tricklingNeedsTheTag() async throws {
        try await TestServer.run { test in
            for path in ["/whip/a", "/whep/a"] {
                let made = await test.post(path)
                let location = try #require(made.headers["location"])
                let tag = try #require(made.headers["etag"])
                #expect(await test.patch(location, ifMatch: nil).status == 428)
                #expect(await test.patch(location, ifMatch: "\"other\"").status == 412)
                #expect(await test.patch(location, ifMatch: "W/" + tag).status == 412)
                let before = test.backend.fragments.count
                let taken = await test.patch(location, ifMatch: tag)
                #expect(taken.status == 204)
                #expect(taken.headers["etag"] == tag)
                #expect(taken.headers["content-length"] == nil)
                #expect(await test.patch(location, ifMatch: "\"x\" , \(tag)").status == 204)
                #expect(test.backend.fragments.count == before + 2)
                #expect(await test.patch(location, ifMatch: tag, "malformed").status == 400)
            }
        }
    }

    @Test func aRestartChangesTheTag() async throws {
        try await TestServer.run { test in
            let made = await test.post("/whip/a")
            let location = try #require(made.headers["location"])
            let tag = try #require(made.headers["etag"])
            let restarted = await test.patch(location, ifMatch: "*", "a=ice-ufrag:abcd\r\n")
            #expect(restarted.status == 200)
            #expect(restarted.headers["content-type"] == "application/trickle-ice-sdpfrag")
            #expect(restarted.headers["etag"] == "\"restart1\"")
            #expect(restarted.body == "a=ice-ufrag:restart1\r\n")
            #expect(await test.patch(location, ifMatch: tag).status == 412)
            #expect(await test.patch(location, ifMatch: "\"restart1\"").status == 204)
        }
    }

    @Test func updatesOfOneSessionWaitForEachOther() async throws {
        try await TestServer.run { test in
            let made = await test.post("/whip/a")
            let location = try #require(made.headers["location"])
            let tag = try #require(made.headers["etag"])
            test.backend.gate()
            async let restart = test.patch(location, ifMatch: "*", "a=ice-ufrag:abcd\r\n")
            #expect(await test.eventually { test.backend.waiting == 1 })
            async let outdated = test.patch(location, ifMatch: tag)
            try await Task.sleep(for: .milliseconds(50))
            #expect(test.backend.waiting == 1)
            test.backend.open()
            #expect(await restart.status == 200)
            #expect(await outdated.status == 412)
        }
    }

    @Test func waitingUpdatesEndWithTheirSession() async throws {
        try await TestServer.run { test in
            let location = try #require(await test.post("/whip/a").headers["location"])
            test.backend.gate()
            async let first = test.patch(location, ifMatch: "*")
            #expect(await test.eventually { test.backend.waiting == 1 })
            async let second = test.patch(location, ifMatch: "*")
            async let third = test.patch(location, ifMatch: "*")
            try await Task.sleep(for: .milliseconds(50))
            #expect(await test.request("DELETE", location).status == 200)
            #expect(await second.status == 404)
            #expect(await third.status == 404)
            test.backend.open()
            #expect(await first.status == 404)
        }
    }

    @Test func tagsAreComparedStrongly() {
        let tag = EntityTag(usernameFragment: "aB+/")
        #expect(tag.description == "\"aB+/\"")
        for good in ["*", "\"aB+/\"", "\"x\",\"aB+/\"", "\"x\" ,\t\"aB+/\" "] { #expect(tag.matches(good)) }
        for bad in ["", "aB+/", "W/\"aB+/\"", "\"ab+/\"", "\"aB+/", ",", "**"] { #expect(!tag.matches(bad)) }
    }
}
