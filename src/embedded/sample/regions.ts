/** Where a district lies: what its people and places are called, and their telephone numbers. */
export interface Region {
  /** The language of its users' app. */
  readonly language: string;
  readonly phone: { readonly prefix: string; readonly digits: number };
  /** Latitude and longitude, in degrees. */
  readonly centre: readonly [number, number];
  readonly districts: Names;
  readonly villages: Names;
  readonly female: Names;
  readonly male: Names;
  readonly family: Names;
}

type Names = readonly [string, ...string[]];

/** A list of names written as words. */
function names(words: string): Names {
  const [first = '', ...others] = words.split(' ');
  return [first, ...others];
}

/** Districts take these in turn. */
export const regions: readonly [Region, ...Region[]] = [
  {
    language: 'sw',
    phone: { prefix: '+2547', digits: 8 },
    centre: [0.061, 34.288],
    districts: names('Siaya Busia Vihiga Kakamega Kisii Migori Nyamira Bungoma Kwale Kilifi'),
    villages: names(
      'Ugunja Ndori Wagai Sidindi Bumala Nambale Luanda Emuhaya Lurambi Suneka Nyakach Rarieda Sega Matayos',
    ),
    female: names(
      'Achieng Akinyi Amina Atieno Awino Esther Fatuma Faith Grace Halima Jane Joyce Khadija Mary Mercy Nafula Nekesa Njeri Ruth Wanjiru Zawadi Nabirye Namukasa Nakato',
    ),
    male: names(
      'Baraka Daudi David Elijah Hamisi James John Joseph Juma Kamau Kato Kiprono Musa Ochieng Odhiambo Omari Onyango Otieno Peter Rashid Samuel Wafula Wasswa Yusuf',
    ),
    family: names(
      'Achola Barasa Chebet Kariuki Kimani Kiplagat Mugisha Mukasa Mutua Mwangi Nabwire Njoroge Obura Ochola Odera Okello Omondi Opiyo Ouma Owino Simiyu Ssali Wekesa Were',
    ),
  },
  {
    language: 'fr',
    phone: { prefix: '+2237', digits: 7 },
    centre: [12.639, -8.003],
    districts: names('Sikasso Koutiala Bougouni Yorosso Kadiolo Niono Bla Djenné Bandiagara Kita'),
    villages: names(
      'Sanankoro Banankabougou Zangasso Molobala Farakala Kléla Danderesso Tiékoumala Dogofry Kolondiéba Garalo Manankoro',
    ),
    female: names(
      'Aïssata Aminata Assitan Awa Binta Djénéba Fanta Fatoumata Hadja Hawa Kadiatou Kadidia Mariam Nana Oumou Ramata Rokia Safiatou Salimata Sitan Tenin Zeïnabou',
    ),
    male: names(
      'Abdoulaye Adama Amadou Bakary Boubacar Brehima Cheick Drissa Ibrahima Issa Lassina Mahamadou Mamadou Modibo Moussa Oumar Salif Sékou Seydou Souleymane Yacouba Zoumana',
    ),
    family: names(
      'Ba Bagayoko Berthé Camara Cissé Coulibaly Dembélé Diabaté Diakité Diallo Diarra Doumbia Fofana Keïta Koné Konaté Maïga Ouattara Sangaré Sanogo Sidibé Sissoko Touré Traoré',
    ),
  },
  {
    language: 'ne',
    phone: { prefix: '+97798', digits: 8 },
    centre: [28.272, 83.598],
    districts: names('Baglung Dhading Parbat Gulmi Rolpa Salyan Dolakha Achham Bajura Kalikot'),
    villages: names(
      'Harichaur Bihunkot Dhamja Righa Khanikhola Salang Nalang Kushma Bhorle Tamghas Libang Liwang Charikot Sanfebagar',
    ),
    female: names(
      'Anita Asha Bimala Binita Devi Durga Ganga Gita Indira Kamala Kopila Laxmi Manju Maya Nirmala Parbati Radha Rekha Sabina Sarita Saraswati Sita Sunita Tara',
    ),
    male: names(
      'Arjun Bikram Bishnu Chandra Deepak Dhan Ganesh Gopal Hari Ishwor Keshav Krishna Lal Man Mohan Narayan Prakash Rajendra Ram Santosh Shiva Suresh Tek Yam',
    ),
    family: names(
      'Adhikari Basnet Bhandari Bhatta Budha Chaudhary Gurung KC Karki Khadka Magar Nepali Oli Pandey Poudel Pun Rana Rai Rokaya Sharma Shrestha Tamang Thapa Tharu',
    ),
  },
];
