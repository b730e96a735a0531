import FoundationEssentials
import Testing

@testable import MediaCore
@testable import MediaSignaling

/// The layer resources of watchers and publishers.
struct LayerTests {
    private static let best = LayerStatus(
        encodingID: "f", spatialLayer: 0, temporalLayer: 1, width: 1280, height: 720, frameRate: 29.97,
        bitrate: 2_000_000, isActive: true)
    private static let gone = LayerStatus(
        encodingID: "q", spatialLayer: 0, temporalLayer: 0, width: nil, height: nil, frameRate: 0, bitrate: 0,
        isActive: false)

    /// A publisher and a watcher; `body` gets where the watcher's layers are.
    private func watch(_ body: (TestServer, _ layer: String, _ publisher: String) async throws -> Void) async throws {
        try await TestServer.run { test in
            let publisher = try #require(await test.post("/whip/studio").headers["location"])
            let watcher = await test.post("/whep/studio")
            let location = try #require(watcher.headers["location"])
            #expect(watcher.headers["link"] == "<\(location)/layer>; rel=\"urn:ietf:params:whep:ext:core:layer\"")
            #expect(watcher.headers["access-control-expose-headers"]?.contains("Link") == true)
            try await body(test, location + "/layer", publisher)
        }
    }

    private func change(_ test: TestServer, _ path: String, _ json: String) async -> RawConnection.Response {
        await test.request("POST", path, ["Content-Type: application/json"], body: json)
    }

    @Test func aWatcherSeesTheLayersOfItsPictures() async throws {
        try await watch { test, layer, _ in
            let untouched =
                #""preference":{"contentHint":null,"encodingId":null,"maxFramerate":null,"maxHeight":null,"#
                + #""maxWidth":null,"minHeight":null,"minSpatialLayerId":null,"paused":false,"priority":1,"#
                + #""spatialLayerId":null,"temporalLayerId":null}"#
            let before = await test.request("GET", layer)
            #expect(before.status == 200)
            #expect(before.headers["content-type"] == "application/json")
            #expect(before.headers["access-control-allow-origin"] == "*")
            #expect(
                before.body == #"{"1":{"active":[],"bitrate":0,"current":null,"inactive":[],\#(untouched),"#
                    + #""reason":null,"target":null}}"#)
            test.backend.show(
                [Self.best, Self.gone], target: LayerPosition(encodingID: "f", spatialLayer: 0, temporalLayer: 1),
                current: LayerPosition(spatialLayer: 2, temporalLayer: 0), reason: .bandwidth, bitrate: 2_123_456)
            let active =
                #"{"bitrate":2000000,"encodingId":"f","framerate":30,"height":720,"spatialLayerId":0,"#
                + #""temporalLayerId":1,"width":1280}"#
            let inactive = #"{"bitrate":0,"encodingId":"q","framerate":0,"spatialLayerId":0,"temporalLayerId":0}"#
            let after = await test.request("GET", layer)
            #expect(
                after.body
                    == #"{"1":{"active":[\#(active)],"bitrate":2123456,"#
                    + #""current":{"spatialLayerId":2,"temporalLayerId":0},"#
                    + #""inactive":[\#(inactive)],\#(untouched),"reason":"bandwidth","#
                    + #""target":{"encodingId":"f","spatialLayerId":0,"temporalLayerId":1}}}"#)
        }
    }

    @Test func changesBuildOnEachOther() async throws {
        try await watch { test, layer, _ in
            let first = await change(test, layer, #"{"encodingId":"h","maxHeight":360}"#)
            #expect(first.status == 200)
            #expect(first.body.contains(#""encodingId":"h","maxFramerate":null,"maxHeight":360"#))
            let second = await change(test, layer, #"{"encodingId":null,"paused":true,"mediaId":"1"}"#)
            #expect(second.body.contains(#""encodingId":null,"maxFramerate":null,"maxHeight":360"#))
            #expect(second.body.contains(#""paused":true"#))
            // What is refused changes nothing.
            for (json, status) in [
                (#"{"maxHeight":1,"maxWidth":0}"#, 400), (#"{"maxHeight":1,"mediaId":"0"}"#, 404),
                (#"{"maxHeight":1,"mediaId":"2"}"#, 404), (#"{"maxHeight":1,"encodingId":"refused"}"#, 400),
                (#"{"maxHeight":1"#, 400), ("", 400),
            ] {
                #expect(await change(test, layer, json).status == status, "\(json)")
            }
            #expect(await test.request("GET", layer).body == second.body)
            let named = await change(test, layer, #"{"maxwidth":1}"#)
            #expect(named.body == "there is no member \"maxwidth\"\n")
            #expect(named.headers["access-control-allow-origin"] == "*")
        }
    }

    @Test func everyReasonHasItsWord() async throws {
        try await watch { test, layer, _ in
            for (reason, word): (AllocationReason, String) in [
                (.preferred, "preferred"), (.bandwidth, "bandwidth"), (.bandwidthPaused, "bandwidth-paused"),
                (.paused, "paused"), (.silent, "silent"),
            ] {
                test.backend.show([], reason: reason)
                #expect(await test.request("GET", layer).body.contains(#""reason":"\#(word)""#))
                #expect(await change(test, layer, "{}").body.contains(#""reason":"\#(word)""#))
            }
        }
    }

    /// A layer that is not there may be wished for: it may come. One that can't be is refused.
    @Test func layersThatDoNotExist() async throws {
        try await watch { test, layer, _ in
            for json in [#"{"encodingId":"nowhere"}"#, #"{"spatialLayerId":7}"#, #"{"minSpatialLayerId":7}"#] {
                #expect(await change(test, layer, json).status == 200, "\(json)")
            }
            let before = await test.request("GET", layer).body
            #expect(before.contains(#""encodingId":"nowhere""#) && before.contains(#""minSpatialLayerId":7"#))
            for (json, reason) in [
                (#"{"spatialLayerId":9}"#, "spatialLayerId must be a whole number from 0 to 7, or null\n"),
                (#"{"temporalLayerId":-1}"#, "temporalLayerId must be a whole number from 0 to 7, or null\n"),
                (#"{"minSpatialLayerId":9}"#, "minSpatialLayerId must be a whole number from 0 to 7, or null\n"),
                (#"{"minHeight":0}"#, "minHeight must be a whole number from 1 to 65535, or null\n"),
                (#"{"contentHint":"text"}"#, "contentHint must be \"motion\", \"detail\" or null\n"),
            ] {
                let answer = await change(test, layer, json)
                #expect(answer.status == 400 && answer.body == reason, "\(json)")
            }
            #expect(await test.request("GET", layer).body == before)
        }
    }

    /// A thousand wishes as fast as they can be sent: few are heard, and nobody else notices.
    @Test func aThousandWishes() async throws {
        try await TestServer.run {
            $0.limits.requestsPerSecond = 100_000
            $0.limits.requestBurst = 100_000
        } _: { test in
            _ = await test.post("/whip/studio")
            let restless = try #require(await test.post("/whep/studio").headers["location"])
            let other = try #require(await test.post("/whep/studio").headers["location"])
            #expect(await change(test, other + "/layer", #"{"maxHeight":360}"#).status == 200)
            let before = await test.request("GET", other + "/layer").body
            let start = ContinuousClock.now
            let connection = test.connect()
            var statuses: [Int: Int] = [:]
            for _ in 0..<4 {
                let wishes = (0..<250).map { wish in
                    let json = #"{"encodingId":"\#(["q", "h", "f"][wish % 3])","paused":\#(wish % 2 == 0)}"#
                    return TestServer.text("POST", restless + "/layer", ["Content-Type: application/json"], body: json)
                }
                connection.send(wishes.joined())
                for _ in wishes { statuses[await connection.response()?.status ?? 0, default: 0] += 1 }
                #expect(await test.request("GET", other + "/layer").body == before)
                #expect(await change(test, other + "/layer", "{}").status == 200)
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            #expect(seconds < 5)
            let heard = statuses[200] ?? 0
            #expect(heard >= 20 && Double(heard) <= 21 + 20 * seconds, "\(statuses) in \(seconds) s")
            #expect(statuses[429] == 1_000 - heard, "\(statuses)")
            // The other one wished five times.
            #expect(test.backend.wishes == [heard, 5])
            #expect(await test.request("GET", other + "/layer").body == before)
        }
    }

    @Test func changesWaitForEachOther() async throws {
        try await watch { test, layer, _ in
            test.backend.gate()
            async let first = change(test, layer, #"{"maxWidth":640}"#)
            #expect(await test.eventually { test.backend.waiting == 1 })
            async let second = change(test, layer, #"{"maxHeight":360}"#)
            try await Task.sleep(for: .milliseconds(50))
            #expect(test.backend.waiting == 1)
            test.backend.open()
            #expect(await first.status == 200)
            #expect(await second.body.contains(#""maxHeight":360,"maxWidth":640"#))
        }
    }

    @Test func allVideosOfASessionOrOne() async throws {
        try await TestServer.run { test in
            for name in ["ann", "bob"] { _ = await test.post("/whip/room.\(name)") }
            let location = try #require(await test.post("/whep/room.ann,room.bob").headers["location"])
            let both = await change(test, location + "/layer", #"{"maxWidth":640}"#)
            #expect(both.body.components(separatedBy: #""maxWidth":640"#).count == 3)
            let one = await change(test, location + "/layer", #"{"maxWidth":320,"mediaId":"3"}"#)
            #expect(one.body.components(separatedBy: #""maxWidth":640"#).count == 2)
            #expect(one.body.components(separatedBy: #""maxWidth":320"#).count == 2)
            test.backend.end(consumer: 1)
            let left = await change(test, location + "/layer", "{}")
            #expect(left.status == 200)
            #expect(!left.body.contains(#""1":{"#) && left.body.contains(#""3":{"#))
            #expect(await change(test, location + "/layer", #"{"mediaId":"1"}"#).status == 404)
        }
    }

    @Test func whoAsksTooOftenWaits() async throws {
        try await watch { test, layer, _ in
            let other = try #require(await test.post("/whep/studio").headers["location"])
            var refused: RawConnection.Response?
            for asked in 0..<200 where refused == nil {
                let answer = await change(test, layer, "{}")
                if answer.status == 429 { refused = answer }
                #expect(answer.status == 200 || asked >= 20)
            }
            #expect(refused?.headers["retry-after"] == "1")
            #expect(await change(test, other + "/layer", "{}").status == 200)
            #expect(await test.request("GET", layer).status == 200)
            #expect(
                await test.eventually { await change(test, layer, "{}").status == 200 })
        }
    }

    @Test func onlySmallJSONIsTaken() async throws {
        try await watch { test, layer, _ in
            for type in ["application/sdp", "text/plain", "application/jsonx"] {
                let answer = await test.request("POST", layer, ["Content-Type: \(type)"], body: "{}")
                #expect(answer.status == 415)
                #expect(answer.headers["accept-post"] == "application/json")
            }
            let typed = ["Content-Type: application/json; charset=utf-8"]
            #expect(await test.request("POST", layer, typed, body: "{}").status == 200)
            let padded = "{" + String(repeating: " ", count: 4094) + "}"
            #expect(await change(test, layer, padded).status == 200)
            #expect(await change(test, layer, padded + " ").status == 413)
            let connection = test.connect()
            connection.send(
                "POST \(layer) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n1001\r\n\(padded) \r\n0\r\n\r\n")
            #expect(await connection.response()?.status == 413)

            let options = await test.request("OPTIONS", layer)
            #expect(options.status == 204)
            #expect(options.headers["accept-post"] == "application/json")
            #expect(options.headers["access-control-allow-methods"] == "GET, HEAD, POST, OPTIONS")
        }
    }

    @Test func layersBelongToTheirSession() async throws {
        try await watch { test, layer, publisher in
            #expect(await test.request("GET", "/whep/other" + layer.dropFirst(12)).status == 404)
            #expect(await test.request("GET", "/whip" + layer.dropFirst(5)).status == 404)
            #expect(await test.request("GET", "/whep" + publisher.dropFirst(5) + "/layer").status == 404)
            #expect(await test.request("DELETE", String(layer.dropLast(6))).status == 200)
            #expect(await test.request("GET", layer).status == 404)
            #expect(await change(test, layer, "{}").status == 404)
        }
    }

    @Test func theTokenOfThePurposeIsNeeded() async throws {
        try await TestServer.run {
            try $0.tokens.set("publish-secret", for: .publish)
            try $0.tokens.set("watch-secret", for: .watch)
        } _: { test in
            let publish = "Authorization: Bearer publish-secret"
            let watch = "Authorization: Bearer watch-secret"
            let publisher = try #require(await test.post("/whip/a", "v=0", [publish]).headers["location"])
            let watcher = try #require(await test.post("/whep/a", "v=0", [watch]).headers["location"])
            for (path, good, other) in [(publisher, publish, watch), (watcher, watch, publish)] {
                #expect(await test.request("GET", path + "/layer").status == 401)
                #expect(await test.request("GET", path + "/layer", [other]).status == 403)
                #expect(await test.request("GET", path + "/layer", [good]).status == 200)
            }
        }
    }

    @Test func aPublisherSeesWhatNobodyWatches() async throws {
        try await watch { test, _, publisher in
            let producers = test.backend.producers(of: "whip/studio#1")
            let none = await test.request("GET", publisher + "/layer")
            #expect(none.status == 200 && none.body == #"{"unwatched":[]}"#)
            test.backend.tell(
                unwatched: [LayerPosition(encodingID: "f", spatialLayer: 0, temporalLayer: 1)], of: producers[1])
            let some = #"{"unwatched":[{"encodingId":"f","spatialLayerId":0,"temporalLayerId":1}]}"#
            #expect(await test.eventually { await test.request("GET", publisher + "/layer").body == some })
            // Of a producer that nobody knows.
            test.backend.tell(unwatched: [], of: ProducerID(slot: SlotID(index: 999, generation: 0)))
            test.backend.tell(unwatched: [], of: producers[1])
            #expect(
                await test.eventually { await test.request("GET", publisher + "/layer").body == #"{"unwatched":[]}"# })
            #expect(await test.request("DELETE", publisher).status == 200)
            #expect(await test.request("GET", publisher + "/layer").status == 404)
        }
    }
}
