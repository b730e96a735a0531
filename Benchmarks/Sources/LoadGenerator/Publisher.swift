import CLoadGenerator
import MediaCore

/// When a publisher's next packets are due, and the sending of them.
final class Publisher {
    static let audioInterval: Int64 = 20_000_000
    static let audioPacketSize = 120

    let peer: Peer
    private let options: Options
    private let frameInterval: Int64
    private let start: Int64
    private var nextAudio: Int64
    private var nextVideo: Int64
    private var audioTime: UInt32 = 0
    private var videoTime: UInt32 = 0
    /// Bytes of video that the bit rate allows and that were not sent yet.
    private var allowance = 0.0
    /// Packets that the frame still has; they are sent one by one when spacing is even.
    private var remaining = 0
    private var isFirst = true
    private var spacing: Int64 = 0

    /// The streams begin to run at `start`.
    init(peer: Peer, options: Options, start: Int64) {
        self.peer = peer
        self.options = options
        self.start = start
        frameInterval = 1_000_000_000 / Int64(options.framesPerSecond)
        nextAudio = options.hasAudio ? start : .max
        nextVideo = options.videoBitrate > 0 ? start : .max
    }

    var deadline: Int64 { min(nextAudio, nextVideo) }

    /// Puts what is due into the transport's output. Returns how late the oldest of it was.
    func produce(at now: Int64) -> Int64 {
        let lateness = now - deadline
        while nextAudio <= now {
            for stream in peer.published where !stream.isVideo {
                send(stream, timestamp: audioTime, isFirst: true, isLast: true)
            }
            audioTime &+= 960
            nextAudio += Self.audioInterval
        }
        while nextVideo <= now { produceVideo() }
        return lateness
    }

    private func produceVideo() {
        if remaining == 0 { beginFrame() }
        let count = options.isEven ? min(1, remaining) : remaining
        for _ in 0..<count {
            remaining -= 1
            for stream in peer.published where stream.isVideo {
                send(stream, timestamp: videoTime, isFirst: isFirst, isLast: remaining == 0)
            }
            isFirst = false
        }
        nextVideo += options.isEven ? spacing : frameInterval
    }

    private func beginFrame() {
        videoTime &+= UInt32(90_000 / options.framesPerSecond)
        allowance += Double(options.videoBitrate) / 8 / Double(options.framesPerSecond)
        remaining = max(1, Int(allowance / Double(options.videoPacketSize)))
        allowance -= Double(remaining * options.videoPacketSize)
        spacing = frameInterval / Int64(remaining)
        isFirst = true
    }

    private func send(_ stream: PublishedStream, timestamp: UInt32, isFirst: Bool, isLast: Bool) {
        let index = stream.next(
            timestamp: timestamp, isFirst: isFirst, isLast: isLast,
            transportSequenceNumber: peer.transportSequenceNumber)
        peer.transportSequenceNumber &+= 1
        let packet = UnsafeRawBufferPointer(rebasing: stream.memory[..<stream.packetSize])
        if !peer.transport.sendRTP(RawSpan(_unsafeBytes: packet), index: index) {
            // A frame larger than the output's room; the caller sends in between, so that it does not happen.
            peer.fail("no room for a packet")
        }
        stream.sentAt[Int(index & 0xFFFF)] = load_unix_nanoseconds()
        peer.hasOutput = true
    }

    /// Sender reports for every stream.
    func report(at now: Int64, unixNanoseconds: Int64) {
        for stream in peer.published {
            let bytes = Reports.sender(
                ssrc: stream.ssrc, unixNanoseconds: unixNanoseconds, timestamp: stream.isVideo ? videoTime : audioTime,
                packets: UInt32(truncatingIfNeeded: stream.nextIndex))
            peer.transport.sendRTCP(bytes)
        }
        peer.hasOutput = true
    }
}
