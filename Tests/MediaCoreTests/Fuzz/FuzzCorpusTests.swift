import Foundation
import MediaTestSupport
import Testing

@testable import FuzzSupport
@testable import MediaCore

/// The fuzzers' corpus, run through the same functions: inputs that once reached something new, or broke it.
@Suite struct FuzzCorpusTests {
    private static let limit = Duration.milliseconds(100)

    @Test func stunCorpus() throws {
        try replay(corpus("STUN"), atLeast: 5, fuzzSTUN)
        try replay(captures("fuzz/stun"), atLeast: 0, fuzzSTUN)
    }

    @Test func rtpCorpus() throws {
        try replay(corpus("RTP"), atLeast: 5, fuzzRTP)
    }

    @Test func rtcpCorpus() throws {
        try replay(corpus("RTCP"), atLeast: 5, fuzzRTCP)
        try replay(captures("fuzz/rtcp"), atLeast: 0, fuzzRTCP)
    }

    @Test func sdpCorpus() throws {
        try replay(corpus("SDP"), atLeast: 5, fuzzSDP)
        try replay(captures("sdp"), atLeast: 0, fuzzSDP)
    }

    @Test func payloadCorpus() throws {
        try replay(corpus("Payload"), atLeast: 5, fuzzPayload)
    }

    @Test func engineCorpus() throws {
        try replay(corpus("Engine"), atLeast: 5, fuzzEngine)
    }

    @Test func congestionCorpus() throws {
        try replay(corpus("Congestion"), atLeast: 5, fuzzCongestion)
    }

    /// The call under the engine's fuzzer carries media; else its corpus would show nothing.
    @Test func theCallCarriesMedia() throws {
        var call = try FuzzCall.make()
        for _ in 0..<5 { call.sendFrame() }
        try call.deliver()
        let packets = call.watcher.receivedPackets
        #expect(packets == 5)
        try call.end()
    }

    /// A watcher that gets what no engine may send complains.
    @Test func nonsenseFromTheEngineIsNoticed() throws {
        var call = try FuzzCall.make()
        call.sendFrame()
        let packet = call.publisher.lastDatagram
        #expect(!packet.isEmpty)
        var failure: FuzzFailure?
        do throws(FuzzFailure) {
            try call.watcher.receive(packet, at: call.instant)
        } catch {
            failure = error
        }
        #expect(failure?.description.contains("srtpAuthentication") == true)
    }

    private func corpus(_ name: String) throws -> [URL] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try files(in: tests.appending(path: "Fuzz/Corpus/\(name)"))
    }

    private func captures(_ path: String) throws -> [URL] {
        guard let folder = Captures.folder else {
            print("no captures: only the corpus is replayed")
            return []
        }
        return try files(in: folder.appending(path: path))
    }

    private func files(in folder: URL) throws -> [URL] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return names.sorted().map { folder.appending(path: $0) }.filter { !$0.hasDirectoryPath }
    }

    private func replay(_ files: [URL], atLeast count: Int, _ body: (RawSpan) throws(FuzzFailure) -> Void) throws {
        #expect(files.count >= count)
        for file in files {
            guard let bytes = try? Data(contentsOf: file) else { continue }
            let input = Array(bytes)
            let elapsed = ProcessorTime.measure {
                do throws(FuzzFailure) {
                    try body(input.span.bytes)
                } catch {
                    Issue.record("\(file.lastPathComponent): \(error)")
                }
            }
            #expect(elapsed <= Self.limit, "\(file.lastPathComponent) took \(elapsed)")
        }
    }
}
