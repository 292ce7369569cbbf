import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createClientAddress } from './client-address.ts';

function from(remoteAddress: string, forwarded?: string): Pick<IncomingMessage, 'socket' | 'headers'> {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress } as IncomingMessage['socket'], headers };
}

const PROXIES = ['10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.7'];
const addressOf = createClientAddress(PROXIES);

describe('the address of a client', () => {
  it.each([
    ['no proxy is trusted', [], '10.0.0.1', '198.51.100.1', '10.0.0.1'],
    ['who connects is no trusted proxy', PROXIES, '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['one trusted proxy', PROXIES, '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a client that wrote the header itself', PROXIES, '10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['two trusted proxies', PROXIES, '10.0.0.1', '1.1.1.1, 198.51.100.1, 192.0.2.7', '198.51.100.1'],
    ['an untrusted hop between trusted ones', PROXIES, '10.0.0.1', '1.1.1.1, 192.0.2.8, 10.9.9.9', '192.0.2.8'],
    ['nothing but trusted ones', PROXIES, '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['four hops and spaces', PROXIES, '10.0.0.1', ' 6.6.6.6 ,7.7.7.7,10.1.1.1 ,  10.2.2.2', '7.7.7.7'],
    ['a port', PROXIES, '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['words in place of an address', PROXIES, '10.0.0.1', 'unknown', '10.0.0.1'],
    ['an octal form', PROXIES, '10.0.0.1', '0198.51.100.1', '10.0.0.1'],
    ['a trusted proxy that came by IPv6', PROXIES, '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ])('%s', (_, trusted, remote, forwarded, expected) => {
    expect(createClientAddress(trusted)(from(remote, forwarded)).address).toBe(expected);
  });

  it('an IPv4 address written as IPv6 is the same client', () => {
    expect(addressOf(from('::ffff:198.51.100.1'))).toEqual(addressOf(from('198.51.100.1')));
    expect(addressOf(from('::ffff:c633:6401'))).toEqual({ address: '198.51.100.1', network: null });
  });

  it('all addresses of a /64 are one client, and of a /48 one network', () => {
    const one = addressOf(from('2001:db8:1:2::1'));
    expect(one).toEqual({ address: '2001:db8:1:2::/64', network: '2001:db8:1::/48' });
    expect(addressOf(from('2001:db8:1:2:ffff:ffff:ffff:fffe'))).toEqual(one);
    expect(addressOf(from('10.0.0.1', '[2001:db8:1:2::9]:443'))).toEqual(one);
    expect(addressOf(from('2001:db8:1:3::1'))).toEqual({ address: '2001:db8:1:3::/64', network: '2001:db8:1::/48' });
    expect(addressOf(from('fe80::1%eth0')).address).toBe('fe80:0:0:0::/64');
  });

  it('ranges that are none are refused at the start', () => {
    expect(() => createClientAddress(['10.0.0.0/33'])).toThrow('TRUSTED_PROXIES');
  });
});
