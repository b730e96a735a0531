import Benchmark
import MediaCore
import MemoryCall

/// What the single steps of a packet's way cost: wall-clock time, of which the lowest percentiles say what a step needs
/// and the highest what else the machine did.
///
/// An iteration is a thousand packets, and the figures are divided by their number, unless a name says otherwise.
let benchmarks: @Sendable () -> Void = {
    func configuration(_ scale: BenchmarkScalingFactor = .kilo, iterations: Int = 2000) -> Benchmark.Configuration {
        .init(
            metrics: [.wallClock], timeUnits: .nanoseconds, warmupIterations: 10, scalingFactor: scale,
            maxDuration: .seconds(2), maxIterations: iterations)
    }

    Benchmark("parse an RTP header and its extensions", configuration: configuration()) { benchmark in
        let packet = VideoFrame.packet(index: 1, position: 0, of: 5, frame: 1)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(parse(packet.span.bytes)) }
    }

    for (name, profile) in [
        ("AEAD_AES_128_GCM", SRTPProfile.aeadAES128GCM), ("AES128_CM_HMAC_SHA1_80", .aes128CMHMACSHA1_80),
    ] {
        Benchmark("protect, \(name)", configuration: configuration()) { benchmark, call in
            let packet = VideoFrame.packet(index: 1, position: 0, of: 5, frame: 1)
            benchmark.startMeasurement()
            call.protect(packet.span.bytes, times: benchmark.scaledIterations.count)
        } setup: {
            try MemoryCall.connected(watchers: 1, profiles: [profile])
        }

        // The call's clients agree to receive for 180 such iterations.
        Benchmark("unprotect, \(name)", configuration: configuration(iterations: 150)) { benchmark, call in
            call.prepareForWatcher(frames: benchmark.scaledIterations.count / 10, packets: 10)
            benchmark.startMeasurement()
            let received = call.receiveAsWatcher()
            benchmark.stopMeasurement()
            if received != benchmark.scaledIterations.count { benchmark.error("\(received) packets were received") }
        } setup: {
            try MemoryCall.connected(watchers: 1, profiles: [profile])
        }
    }

    for (name, packets, scale) in [
        ("forward a packet to 100, all of them", 1, BenchmarkScalingFactor.one),
        ("forward a frame of 10 packets to 100", 10, .kilo),
    ] {
        Benchmark(name, configuration: configuration(scale)) { benchmark, call in
            call.prepare(packets: packets)
            benchmark.startMeasurement()
            let sent = call.forward()
            benchmark.stopMeasurement()
            if sent < 100 * packets { benchmark.error("\(sent) packets were sent") }
        } setup: {
            try MemoryCall.connected(watchers: 100)
        }
    }
}

/// Reads what a forwarder reads of every packet. Returns something that depends on all of it.
@inline(never)
private func parse(_ packet: RawSpan) -> Int {
    guard let header = try? RTPHeader(parsing: packet) else { return 0 }
    var reader = RTPHeaderExtensionReader(header, packet)
    var sum = header.headerByteCount
    while let element = reader.next() { sum &+= element.offset &+ Int(element.identifier) }
    return sum
}
