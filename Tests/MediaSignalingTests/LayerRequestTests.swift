import MediaCore
import Testing

@testable import MediaSignaling

/// The JSON that asks for layers.
struct LayerRequestTests {
    private func read(_ json: String) throws(LayerRequest.Problem) -> LayerRequest {
        try LayerRequest(json: json.utf8)
    }

    @Test func everyMemberIsTaken() throws {
        let request = try read(
            """
            {"mediaId": "1", "encodingId": "h", "spatialLayerId": 7, "temporalLayerId": 0, "maxWidth": 65535,
             "maxHeight": 1, "maxFramerate": 1000, "minSpatialLayerId": 2, "minHeight": 65535, "contentHint": "detail",
             "paused": true, "priority": 100}
            """)
        #expect(request.mediaID == "1")
        let all = LayerPreference(
            encodingID: "h", spatialLayer: 7, temporalLayer: 0, maximumWidth: 65_535, maximumHeight: 1,
            maximumFrameRate: 1_000, isPaused: true, priority: 100, minimumSpatialLayer: 2, minimumHeight: 65_535,
            contentHint: .detail)
        #expect(request.applied(to: LayerPreference()) == all)
        // What is absent stays, what is null goes back.
        #expect(try read("{}").applied(to: all) == all)
        var some = all
        some.spatialLayer = nil
        some.isPaused = false
        some.priority = 1
        #expect(try read(#"{"spatialLayerId":null,"paused":null,"priority":null}"#).applied(to: all) == some)
        let reset =
            #"{"mediaId":null,"encodingId":null,"spatialLayerId":null,"temporalLayerId":null,"maxWidth":null,"#
            + #""maxHeight":null,"maxFramerate":null,"paused":null,"priority":null,"#
            + #""minSpatialLayerId":null,"minHeight":null,"contentHint":null}"#
        #expect(try read(reset).applied(to: all) == LayerPreference())
        #expect(try read(reset).mediaID == nil)
    }

    @Test func mistakesNameTheMemberAndWhatItMayBe() {
        let layers = "must be a whole number from 0 to 7, or null"
        let sizes = "must be a whole number from 1 to 65535, or null"
        let names = "must be a text of 1 to 16 visible characters, or null"
        for (json, reason) in [
            (#"{"spatialLayerId":8}"#, "spatialLayerId \(layers)"),
            (#"{"spatialLayerId":-1}"#, "spatialLayerId \(layers)"),
            (#"{"temporalLayerId":"1"}"#, "temporalLayerId \(layers)"),
            (#"{"temporalLayerId":1.5}"#, "temporalLayerId \(layers)"),
            (#"{"temporalLayerId":true}"#, "temporalLayerId \(layers)"),
            (#"{"maxWidth":0}"#, "maxWidth \(sizes)"), (#"{"maxWidth":65536}"#, "maxWidth \(sizes)"),
            (#"{"maxHeight":1e30}"#, "maxHeight \(sizes)"), (#"{"maxHeight":[720]}"#, "maxHeight \(sizes)"),
            (#"{"maxHeight":99999999999999999999999999}"#, "maxHeight \(sizes)"),
            (#"{"maxFramerate":1001}"#, "maxFramerate must be a whole number from 1 to 1000, or null"),
            (#"{"priority":0}"#, "priority must be a whole number from 1 to 100, or null"),
            (#"{"spatialLayerId":9}"#, "spatialLayerId \(layers)"),
            (#"{"minSpatialLayerId":8}"#, "minSpatialLayerId \(layers)"),
            (#"{"minHeight":0}"#, "minHeight \(sizes)"), (#"{"minHeight":-720}"#, "minHeight \(sizes)"),
            (#"{"contentHint":"Motion"}"#, #"contentHint must be "motion", "detail" or null"#),
            (#"{"contentHint":"text"}"#, #"contentHint must be "motion", "detail" or null"#),
            (#"{"contentHint":1}"#, #"contentHint must be "motion", "detail" or null"#),
            (#"{"paused":1}"#, "paused must be true, false or null"),
            (#"{"paused":"true"}"#, "paused must be true, false or null"),
            (#"{"encodingId":""}"#, "encodingId \(names)"), (#"{"encodingId":7}"#, "encodingId \(names)"),
            (#"{"encodingId":"12345678901234567"}"#, "encodingId \(names)"),
            (#"{"encodingId":"a\u000ab"}"#, "encodingId \(names)"), (#"{"mediaId":0}"#, "mediaId \(names)"),
            (#"{"bitrate":1}"#, #"there is no member "bitrate""#),
            (#"{"encodingID":"h"}"#, #"there is no member "encodingID""#), (#"{"":1}"#, #"there is no member """#),
            (#"{"maxWidth":0,"bitrate":1}"#, #"there is no member "bitrate""#),
        ] {
            #expect(throws: LayerRequest.Problem(text: reason), "\(json)") { try read(json) }
        }
        let nested = String(repeating: "[", count: 4096)
        for json in ["", " ", "null", "1", "[]", "[{}]", "{", "{}}", "{},", #"{"paused":}"#, "\u{0}", nested] {
            #expect(throws: LayerRequest.Problem(text: "the body must be one JSON object"), "\(json.prefix(20))") {
                try read(json)
            }
        }
        let deep = #"{"maxWidth":\#(String(repeating: "[", count: 4000))"#
        #expect(throws: LayerRequest.Problem.self) { try read(deep) }
        #expect(throws: LayerRequest.Problem.self) { try LayerRequest(json: [0x7B, 0xFF, 0x7D]) }
    }
}
