import CSRTP
import Glibc
import Testing

@testable import MediaCore

/// Our SRTP against libsrtp2: the same packets protected by both must be equal byte for byte, and what a bad network
/// makes of them must be accepted or refused by both, and for the same reason. Equal bytes settle both directions.
@Suite struct SRTPDifferentialTests {
    @Test(arguments: SRTPProfile.allCases, SRTPCipherLibrary.Backend.available)
    func agreesOnRTP(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend) throws {
        let counts = try #require(try Exchange.run(profile, backend, packets: 100_000))
        #expect(counts.disagreements == 0)
        // The network did what the test is about.
        #expect(counts.accepted > 90_000)
        #expect(counts.replayed > 1000)
        #expect(counts.tooOld > 200)
        #expect(counts.forged > 1000)
        #expect(counts.rollovers > 20)
    }

    private struct Tally {
        var accepted = 0
        var replayed = 0
        var tooOld = 0
        var forged = 0
        var rollovers = 0
        var disagreements = 0
    }

    private struct Stream {
        var ssrc: UInt32
        var index: UInt64
    }

    /// A sender of each kind, a network, and a receiver of each kind.
    private struct Exchange: ~Copyable {
        private static let slot = 2048
        private static let batch = 16
        private static let history = 1024

        private let profile: SRTPProfile
        private var transmitter: SRTPTransmitter
        private var receiver: SRTPReceiver
        private let outbound: LibsrtpSession
        private let inbound: LibsrtpSession
        private var random: MediaRandom
        private var streams: [Stream] = []
        private var tally = Tally()
        private var jobs: [SRTPJob] = []
        /// The bytes that packets are made of, the packets sent last, the batch that arrives, and what we make of it.
        private let pool = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        private let sent = UnsafeMutableRawBufferPointer.allocate(byteCount: history * slot, alignment: 8)
        private let arrived = UnsafeMutableRawBufferPointer.allocate(byteCount: batch * slot, alignment: 8)
        private let opened = UnsafeMutableRawBufferPointer.allocate(byteCount: batch * slot, alignment: 8)
        private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: slot, alignment: 8)
        private var sentCounts = [Int](repeating: 0, count: history)

        init?(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend, seed: UInt64) throws {
            let ciphers = backend.library()
            let key = SRTPTestPacket.masterKey(profile, seed: seed)
            let transmitter = try SRTPTransmitter(profile: profile, key: key, ciphers: ciphers)
            let receiver = try SRTPReceiver(profile: profile, key: key, ciphers: ciphers)
            guard let outbound = LibsrtpSession(profile, key, inbound: false),
                let inbound = LibsrtpSession(profile, key, inbound: true)
            else { return nil }
            self.profile = profile
            self.transmitter = transmitter
            self.receiver = receiver
            self.outbound = outbound
            self.inbound = inbound
            random = .seeded(seed)
            for offset in stride(from: 0, to: pool.count, by: 8) {
                pool.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
            }
            // First sequence numbers at both ends of their range.
            for (ssrc, first) in [0, 1, 100, 32_766, 65_500].enumerated() {
                streams.append(Stream(ssrc: 0xA000_0000 + UInt32(ssrc), index: UInt64(first)))
            }
        }

        deinit {
            for memory in [pool, sent, arrived, opened, scratch] { memory.deallocate() }
        }

        static func run(
            _ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend, packets: Int
        ) throws -> Tally? {
            guard var exchange = try Exchange(profile, backend, seed: 7) else { return nil }
            return exchange.run(packets: packets)
        }

        private mutating func run(packets: Int) -> Tally {
            for number in 0..<packets {
                send(number)
                // Most packets arrive in order; some late, twice or never.
                switch random.next() % 100 {
                case 0..<2: break
                case 2..<4: arrive(number, corrupt: true)
                case 4..<8: arrive(max(0, number - Int(random.next() % 60)), corrupt: false)
                case 8: arrive(max(0, number - Int(random.next() % 1000)), corrupt: false)
                case 9..<13:
                    arrive(number, corrupt: false)
                    arrive(number, corrupt: false)
                default: arrive(number, corrupt: false)
                }
                if random.next() % 8 == 0 { flush() }
            }
            flush()
            return tally
        }

        /// Makes a packet with a random header and payload, and protects it twice.
        private mutating func send(_ number: Int) {
            let position = Int(random.next() % UInt64(streams.count))
            let stream = streams[position]
            let bits = random.next()
            let target = UnsafeMutableRawBufferPointer(rebasing: sent[(number % Self.history * Self.slot)...])
            let contributors = bits & 3 == 0 ? Int(bits >> 2 & 15) : 0
            let hasExtension = bits >> 6 & 1 == 1
            let words = hasExtension ? Int(bits >> 7 & 15) : 0
            let header = 12 + 4 * contributors + (hasExtension ? 4 + 4 * words : 0)
            let size = Int((bits >> 16) % 1301)
            let front = UnsafeRawBufferPointer(rebasing: pool[Int(bits >> 32 & 0xFFF)...].prefix(header))
            target.copyMemory(from: front)
            target[0] = 0x80 | UInt8(contributors) | (hasExtension ? 0x10 : 0) | UInt8(bits >> 11 & 0x20)
            target.storeBytes(
                of: UInt16(truncatingIfNeeded: stream.index).bigEndian, toByteOffset: 2, as: UInt16.self)
            target.storeBytes(of: stream.ssrc.bigEndian, toByteOffset: 8, as: UInt32.self)
            if hasExtension {
                target.storeBytes(
                    of: UInt16(words).bigEndian, toByteOffset: header - 4 * words - 2, as: UInt16.self)
            }
            let payload = UnsafeRawBufferPointer(rebasing: pool[Int(bits >> 44 & 0xFFF)...].prefix(size))
            // libsrtp works in place, in scratch.
            scratch.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(target)[..<header]))
            UnsafeMutableRawBufferPointer(rebasing: scratch[header...]).copyMemory(from: payload)
            let theirs = outbound.run(srtp_protect, scratch.baseAddress.unsafelyUnwrapped, count: header + size)
            let split = size == 0 ? 0 : Int(bits >> 52) % (size + 1)
            var job = SRTPJob(
                header: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(target)[..<header]),
                payload: UnsafeRawBufferPointer(rebasing: payload[..<split]),
                payloadTail: UnsafeRawBufferPointer(rebasing: payload[split...]),
                destination: target.baseAddress.unsafelyUnwrapped + header, ssrc: stream.ssrc, index: stream.index)
            withUnsafeMutablePointer(to: &job) {
                transmitter.protect(UnsafeMutableBufferPointer(start: $0, count: 1))
            }
            let count = header + size + transmitter.tagLength
            sentCounts[number % Self.history] = count
            if job.outcome != .success || theirs.0 != srtp_err_status_ok || theirs.1 != count
                || !isEqual(target.baseAddress, scratch.baseAddress, count)
            {
                tally.disagreements += 1
            }
            advance(position)
        }

        private func isEqual(_ left: UnsafeRawPointer?, _ right: UnsafeRawPointer?, _ count: Int) -> Bool {
            count == 0 || memcmp(left.unsafelyUnwrapped, right.unsafelyUnwrapped, count) == 0
        }

        /// The next index: mostly the next one, sometimes after a gap, now and then after a large one.
        private mutating func advance(_ position: Int) {
            let before = streams[position].index
            switch random.next() % 1000 {
            case 0: streams[position].index += 1 + random.next() % 32_000
            case 1..<20: streams[position].index += 1 + random.next() % 200
            default: streams[position].index += 1
            }
            if before >> 16 != streams[position].index >> 16 { tally.rollovers += 1 }
        }

        /// Puts a packet sent before into the batch, perhaps with one byte changed.
        private mutating func arrive(_ number: Int, corrupt: Bool) {
            if jobs.count == Self.batch { flush() }
            let count = sentCounts[number % Self.history]
            let packet = UnsafeMutableRawBufferPointer(rebasing: arrived[(jobs.count * Self.slot)...].prefix(count))
            let source = sent[(number % Self.history * Self.slot)...].prefix(count)
            packet.copyMemory(from: UnsafeRawBufferPointer(rebasing: source))
            if corrupt {
                let bits = random.next()
                packet[Int(bits >> 8) % count] ^= UInt8(truncatingIfNeeded: bits) | 1
            }
            let bytes = UnsafeRawBufferPointer(packet)
            let header = SRTPTestPacket.headerLength(bytes) ?? count
            jobs.append(
                SRTPJob(
                    header: UnsafeRawBufferPointer(rebasing: bytes[..<header]),
                    payload: UnsafeRawBufferPointer(rebasing: bytes[header...]),
                    destination: opened.baseAddress.unsafelyUnwrapped + jobs.count * Self.slot,
                    ssrc: SRTPTestPacket.ssrc(bytes)))
        }

        /// Gives the batch to both receivers and compares.
        private mutating func flush() {
            jobs.withUnsafeMutableBufferPointer { receiver.unprotect($0) }
            for job in jobs {
                let packet = UnsafeMutableRawPointer(mutating: job.header.baseAddress.unsafelyUnwrapped)
                let (status, length) = inbound.run(srtp_unprotect, packet, count: job.header.count + job.payload.count)
                let size = job.payload.count - receiver.tagLength
                switch (job.outcome, status) {
                case (.success, srtp_err_status_ok):
                    tally.accepted += 1
                    if length != job.header.count + size || !isEqual(job.destination, packet + job.header.count, size) {
                        tally.disagreements += 1
                    }
                case (.replayed, srtp_err_status_replay_fail): tally.replayed += 1
                case (.tooOld, srtp_err_status_replay_old): tally.tooOld += 1
                case (.authentication, srtp_err_status_auth_fail): tally.forged += 1
                // A header that was damaged so that it does not parse.
                case (.authentication, _) where status != srtp_err_status_ok: tally.forged += 1
                case (.tooShort, _) where status != srtp_err_status_ok: tally.forged += 1
                default: tally.disagreements += 1
                }
            }
            jobs.removeAll(keepingCapacity: true)
        }
    }
}
